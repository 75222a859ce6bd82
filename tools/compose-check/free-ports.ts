import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** Two ports that are free now. */
export async function freePorts(): Promise<[number, number]> {
  // Both are held before either is given back, or one could be handed out twice.
  const servers = [createServer(), createServer()] as const;
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
  const [first, second] = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) await once(server.close(), 'close');
  return [first ?? 0, second ?? 0];
}
