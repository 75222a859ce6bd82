import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** The first message of a process. @throws Error when it ends before */
export async function messageOf<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`A process of the benchmark ended with exit code ${code} before its message.`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [T];
  return message;
}
