import { resolve4 } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';

/**
 * `node play-timeline.ts TIMELINE`: sends a timeline of faults to every customer replica, which then plays it. It
 * runs in a container without packages, so it imports only Node's modules.
 *
 * `CUSTOMER_URL` names all of the replicas, and `FAULTS_TOKEN_FILE` the file with the token for `/faults`.
 */
async function main([file]: readonly string[]): Promise<void> {
  if (file === undefined) throw new Error('The path of a timeline is missing, such as every-fault.json.');
  const url = new URL('/faults/timeline', required('CUSTOMER_URL'));
  const token = (await readFile(required('FAULTS_TOKEN_FILE'), 'utf8')).trim();
  const timeline = await readFile(file, 'utf8');

  // The host name stands for all replicas, and each one has its own faults.
  const addresses = await resolve4(url.hostname);
  const replies = await Promise.all(
    addresses.map(async (address) => {
      const replica = new URL(url);
      replica.hostname = address;
      const response = await fetch(replica, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: timeline,
        signal: AbortSignal.timeout(5_000),
      });
      if (!response.ok) throw new Error(`${replica.href} responded with ${response.status}: ${await response.text()}`);
      return `${response.headers.get('x-instance') ?? address} plays ${file}`;
    }),
  );
  process.stdout.write(`${replies.join('\n')}\n`);
}

function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set.`);
  return value;
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`The timeline was not sent: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
