import { createConnection } from 'node:net';

/** Whether a connection could be opened; `refused` and `timed out` are how networks enforce policies. */
export type ConnectionResult = 'connected' | 'refused' | 'timed out' | `failed: ${string}`;

/**
 * Opens a TCP connection and closes it. Runs in a pod: this file is copied into it as it is.
 *
 * @param target such as `account:3000`
 */
export function connect(target: string, timeoutMs = 3_000): Promise<ConnectionResult> {
  return new Promise((resolve) => {
    const [host = '', port] = target.split(':');
    const socket = createConnection({ host, port: Number(port) });
    const ended = (result: ConnectionResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => ended('timed out'));
    socket.once('connect', () => ended('connected'));
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) =>
      ended(refusals.has(code) ? 'refused' : `failed: ${code}`),
    );
  });
}

const refusals: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES']);

if (import.meta.main) {
  const targets = process.argv.slice(2);
  const results = await Promise.all(targets.map(async (target) => [target, await connect(target)] as const));
  process.stdout.write(JSON.stringify(Object.fromEntries(results)));
}
