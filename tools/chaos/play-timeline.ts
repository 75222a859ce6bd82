import { resolve4 } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';

/**
 * `node play-timeline.ts TIMELINE`: gives a timeline of faults to every customer replica there is, which then play it by
 * themselves. It runs in a container beside them, so it imports nothing but Node's own.
 *
 * `CUSTOMER_URL` names all of the replicas, and `FAULTS_TOKEN_FILE` the file with the token that `/faults` asks for.
 */
async function main([file]: readonly string[]): Promise<void> {
  if (file === undefined) throw new Error('Which timeline? Give the path of a file such as every-fault.json.');
  const url = new URL('/faults/timeline', required('CUSTOMER_URL'));
  const token = (await readFile(required('FAULTS_TOKEN_FILE'), 'utf8')).trim();
  const timeline = await readFile(file, 'utf8');

  // The name stands for all of the replicas; a fault in only one of them would be another experiment.
  const addresses = await resolve4(url.hostname);
  const answers = await Promise.all(
    addresses.map(async (address) => {
      const replica = new URL(url);
      replica.hostname = address;
      const answer = await fetch(replica, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: timeline,
        signal: AbortSignal.timeout(5_000),
      });
      if (!answer.ok) throw new Error(`${replica.href} answered ${answer.status}: ${await answer.text()}`);
      return `${answer.headers.get('x-instance') ?? address} plays ${file}`;
    }),
  );
  process.stdout.write(`${answers.join('\n')}\n`);
}

function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set.`);
  return value;
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`No faults: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
