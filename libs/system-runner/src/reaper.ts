/**
 * A process of its own that ends what this program started when this program itself was killed and could not.
 *
 * It reads `own PID` and `disown PID` from its standard input. An operating system closes that pipe however its other
 * end goes away, SIGKILL included, and then every group that is still owned is killed.
 */
import { createInterface } from 'node:readline';

const owned = new Set<number>();

// In a group of its own it hears no Ctrl-C; whoever wants it gone ends the program it serves.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [verb, pid] = line.split(' ');
    if (verb === 'own') owned.add(Number(pid));
    else owned.delete(Number(pid));
  })
  .on('close', () => {
    for (const pid of owned) {
      try {
        process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
      } catch {
        // It ended in the same moment.
      }
    }
  });
