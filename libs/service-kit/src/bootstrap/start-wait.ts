import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseUnavailableError } from '../database/database-errors.ts';
import { PendingMigrationsError } from './start-failure.ts';

/** Short compared to a restart of the process, and no load on a database that starts. */
const pauseMs = 500;

/** How long a start waits. */
export interface StartWait {
  readonly timeoutMs: number;
  /** Is called before the first pause, and again when the reason is another one. */
  readonly onWaiting: (error: unknown) => void;
  /** Default: the real time. */
  readonly time?: { readonly now: () => number; readonly sleep: (ms: number) => Promise<unknown> };
}

/**
 * Repeats an attempt to start until the database and its migrations are there: when everything is installed at once, a process
 * that ended instead would be restarted, with a longer pause each time.
 *
 * @throws the error of the last attempt after the timeout; any other error at once
 */
export async function whenDatabaseServes<T>(attempt: () => Promise<T>, wait: StartWait): Promise<T> {
  const { timeoutMs, onWaiting, time = { now: () => performance.now(), sleep } } = wait;
  const deadline = time.now() + timeoutMs;
  let reported: string | undefined;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayPass(error) || time.now() + pauseMs > deadline) throw error;
      if (reported !== String(error)) onWaiting(error);
      reported = String(error);
      await time.sleep(pauseMs);
    }
  }
}

/** Whether the database, or the migrations that create the schema and grant the privileges, may only be late. */
function mayPass(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError || error instanceof PendingMigrationsError) return true;
  // PostgreSQL: insufficient privilege.
  return error instanceof Error && 'code' in error && error.code === '42501';
}
