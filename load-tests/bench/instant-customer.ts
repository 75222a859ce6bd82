import { createServer } from 'node:http';
import { listen } from '@breakwater/system-runner';

/** A stand-in for customer that knows every customer: the real one would take the processor from PostgreSQL. */
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
  // Account keeps its connections; closing one during a request would count as a failure of customer.
  server.keepAliveTimeout = 60_000;
  return {
    url: await listen(server),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
