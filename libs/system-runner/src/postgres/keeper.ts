/**
 * The keeper: a process of its own that owns one PostgreSQL server and its data directory.
 *
 * It outlives the process that asked for the server by a moment, in which it cleans up: the end of its standard input
 * is the sign to stop, and an operating system closes that pipe however the other process ends, SIGKILL included. In
 * its own process group it doesn't hear Ctrl-C either, so that the services of a demo can finish their work on a
 * database that is still there.
 *
 * A line on its standard input is a request: `halt` or `resume`. Each is answered with a line.
 */
import { createInterface } from 'node:readline';
import { Cluster } from './cluster.ts';
import { reasonOf } from './errors.ts';
import type { KeeperAnswer, KeeperMessage } from './keeper-messages.ts';

const say = (message: KeeperMessage | KeeperAnswer): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

// Nobody may be listening any more; what counts is the cleaning.
process.stdout.on('error', () => {});

const requests = createInterface({ input: process.stdin });

const askedToStop = new Promise<void>((resolve) => {
  requests.on('close', resolve);
  process.stdin.on('error', () => resolve());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});

async function answer(cluster: Cluster, request: string): Promise<void> {
  if (request !== 'halt' && request !== 'resume') return;
  try {
    await cluster[request]();
    say({ request });
  } catch (error) {
    say({ request, failure: reasonOf(error) });
  }
}

try {
  const cluster = await Cluster.start();
  // One after the other, and cleaning up after the last of them.
  let underWay = Promise.resolve();
  requests.on('line', (line) => {
    underWay = underWay.then(() => answer(cluster, line));
  });
  say({ ready: true, url: cluster.url, directory: cluster.directory });
  await Promise.race([askedToStop, cluster.lost]);
  await underWay;
  await cluster.stop();
} catch (error) {
  say({ ready: false, failure: reasonOf(error) });
}
// The parent's end of standard input may still be open when the server died by itself.
process.stdin.destroy();
