import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loopback } from '@breakwater/system-runner';

/**
 * A stand-in for the customer service: every customer exists, and every response is immediate. The real service
 * would take processor time from PostgreSQL. /
 */
export interface InstantCustomer {
  readonly url: string;
  close(): void;
}

export async function startInstantCustomer(): Promise<InstantCustomer> {
  const server = createServer((request, response) => {
    const id = request.url?.slice(request.url.lastIndexOf('/') + 1) ?? '';
    const body = JSON.stringify({ id, name: 'Ada Lovelace', status: 'ACTIVE' });
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
  // Account keeps its connections. Closing one during a request would count as a failure of customer.
  server.keepAliveTimeout = 60_000;
  server.listen(0, loopback);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${loopback}:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
