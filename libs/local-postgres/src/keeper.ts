/**
 * The keeper: a process of its own that owns one PostgreSQL server and its data directory.
 *
 * It outlives the process that asked for the server by a moment, in which it cleans up: the end of its standard input
 * is the sign to stop, and an operating system closes that pipe however the other process ends, SIGKILL included. In
 * its own process group it doesn't hear Ctrl-C either, so that the services of a demo can finish their work on a
 * database that is still there.
 */
import { Cluster } from './cluster.ts';
import { reasonOf } from './errors.ts';
import type { KeeperMessage } from './keeper-messages.ts';

const say = (message: KeeperMessage): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

// Nobody may be listening any more; what counts is the cleaning.
process.stdout.on('error', () => {});

const askedToStop = new Promise<void>((resolve) => {
  process.stdin
    .on('end', resolve)
    .on('close', resolve)
    .on('error', () => resolve())
    .resume();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});

try {
  const cluster = await Cluster.start();
  say({ ready: true, url: cluster.url, directory: cluster.directory });
  await Promise.race([askedToStop, cluster.ended]);
  await cluster.stop();
} catch (error) {
  say({ ready: false, failure: reasonOf(error) });
}
// The parent's end of standard input may still be open when the server died by itself.
process.stdin.destroy();
