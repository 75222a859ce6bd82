import { pause } from './abortable.ts';
import type { ServiceReplica } from './service-replica.ts';

/** A process that has been ready for this long does not count as one that ends again at once. */
const stableMs = 10_000;
/** The delay after the second end in a row; it doubles with each further one. The first restart has none. */
const firstDelayMs = 1_000;
const longestDelayMs = 30_000;

export interface ReplicaRestartsOptions {
  /** Receives a sentence about each end and each restart. */
  readonly report: (message: string) => void;
  /** Ends all restarts. */
  readonly signal: AbortSignal;
  /** A monotonic clock in milliseconds. Default: that of the process. */
  readonly now?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Starts replicas again whose process has ended, later each time while they end again at once. */
export class ReplicaRestarts {
  readonly #options: Required<ReplicaRestartsOptions>;
  readonly #ends = new Map<string, { inARow: number; readyAtMs: number }>();

  constructor(options: ReplicaRestartsOptions) {
    this.#options = { now: () => performance.now(), wait: pause, ...options };
  }

  /**
   * Resolves when the replica is ready again, or restarts are ended. Never rejects.
   *
   * @param end how its process ended, such as `killed by SIGKILL`
   */
  async restart(replica: Pick<ServiceReplica, 'name' | 'restart'>, end: string): Promise<void> {
    const { report, signal, now, wait } = this.#options;
    const { name } = replica;
    const last = this.#ends.get(name);
    let inARow = last === undefined || now() - last.readyAtMs >= stableMs ? 0 : last.inARow;
    let reason = `${name} ended: ${end}`;
    while (!signal.aborted) {
      const delayMs = inARow === 0 ? 0 : Math.min(firstDelayMs * 2 ** (inARow - 1), longestDelayMs);
      inARow += 1;
      report(`${reason}. It is started again${delayMs === 0 ? '' : ` in ${delayMs / 1_000} s`}.`);
      try {
        if (delayMs > 0) await wait(delayMs, signal);
        await replica.restart(signal);
        this.#ends.set(name, { inARow, readyAtMs: now() });
        report(`${name} is ready again.`);
        return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
    }
  }
}
