import type { Pool } from 'pg';

/** A session that holds a lock for which another session waits. */
export interface LockHolder {
  /** Its process id in PostgreSQL; 0 for a prepared transaction, which has no session. */
  readonly pid: number;
  readonly application: string | null;
  readonly role: string | null;
  /** Such as `idle in transaction`. Null where the observer lacks the right to see it. */
  readonly state: string | null;
  /** How long its transaction has lasted, in seconds. Null as for `state`. */
  readonly seconds: number | null;
}

/** For messages: `session 4711 (application "psql", role "reports", idle in transaction, 312 s)`. */
export function describeHolder({ pid, application, role, state, seconds }: LockHolder): string {
  if (pid === 0) return 'a prepared transaction (see pg_prepared_xacts)';
  const details = [
    application ? `application "${application}"` : undefined,
    role ? `role "${role}"` : undefined,
    state ?? undefined,
    seconds === null ? undefined : `${seconds} s`,
  ].filter((detail) => detail !== undefined);
  return details.length === 0 ? `session ${pid}` : `session ${pid} (${details.join(', ')})`;
}

const intervalMs = 250;

/**
 * Finds the sessions for whose locks a transaction waits. It needs a free connection of the pool, because a connection that waits
 * cannot be used.
 */
export class LockWatch {
  readonly #pool: Pool;
  readonly #onBlocked: (holder: LockHolder) => void;
  readonly #timer: NodeJS.Timeout;
  #watched: number | undefined;
  readonly #reported = new Set<number>();
  #isLooking = false;
  #last: LockHolder | undefined;

  /** @param onBlocked is called once for each holder */
  constructor(pool: Pool, onBlocked: (holder: LockHolder) => void) {
    this.#pool = pool;
    this.#onBlocked = onBlocked;
    this.#timer = setInterval(() => void this.#look(), intervalMs).unref();
  }

  /** @param pid the process of the transaction in PostgreSQL: behind a pooler, the driver has another number */
  watch(pid: number): void {
    this.#watched = pid;
  }

  /** The holder that was seen last. */
  get lastHolder(): LockHolder | undefined {
    return this.#last;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking || this.#watched === undefined) return;
    this.#isLooking = true;
    try {
      const { rows } = await this.#pool.query<LockHolder>(holders, [this.#watched]);
      for (const holder of rows) {
        this.#last = holder;
        if (this.#reported.has(holder.pid)) continue;
        this.#reported.add(holder.pid);
        this.#onBlocked(holder);
      }
    } catch {
      // Only a message is lost; the work itself meets the same failure and reports it.
    } finally {
      this.#isLooking = false;
    }
  }
}

/**
 * The sessions that block `$1`. A migration that waits for a concurrent one (an advisory lock) is normal, so that wait
 * counts only after 10 s.
 */
const holders = `
  select distinct holder.pid, nullif(session.application_name, '') as application, session.usename as role, session.state,
    extract(epoch from clock_timestamp() - session.xact_start)::integer as seconds
  from pg_locks wait
    cross join lateral unnest(pg_blocking_pids(wait.pid)) holder (pid)
    left join pg_stat_activity session on session.pid = holder.pid
  where wait.pid = $1::integer and not wait.granted
    and (wait.locktype <> 'advisory' or clock_timestamp() - wait.waitstart > interval '10 seconds')`;
