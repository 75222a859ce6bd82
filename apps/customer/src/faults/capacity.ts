import { ProblemException } from '@breakwater/service-kit';
import { customerKinds } from '../problems/customer-problems.ts';
import type { Fault, Struck } from './fault.ts';
import type { CapacitySetting } from './faults.schema.ts';
import { WorkerPool } from './worker-pool.ts';

/** How busy the workers are. */
export interface CapacityReport {
  readonly workers: number;
  readonly busy: number;
  readonly queueLength: number;
}

const endlessly = { workers: Infinity, queue: Infinity };
const never = new AbortController().signal;

/**
 * A finite number of workers with a queue in front, so that latency grows with load. Where abandoned work is kept, a
 * service that is asked for more than it can do works for clients that have gone away, and collapses under their retries.
 */
export class Capacity implements Fault<CapacitySetting> {
  #current: { readonly setting: CapacitySetting; readonly pool: WorkerPool } | undefined;

  constructor(private readonly struck: Struck) {}

  get isActive(): boolean {
    return this.#current !== undefined;
  }

  /** Undefined where there is no end of workers. */
  get report(): CapacityReport | undefined {
    if (!this.#current) return undefined;
    const { setting, pool } = this.#current;
    return { workers: setting.workers, busy: pool.busy, queueLength: pool.queueLength };
  }

  /** Without a limit, all who wait are served at once. */
  set(setting: CapacitySetting | null): void {
    const pool = this.#current?.pool;
    pool?.resize(setting ?? endlessly);
    this.#current = setting ? { setting, pool: pool ?? new WorkerPool(setting) } : undefined;
  }

  /**
   * Does work with a worker.
   *
   * @param signal is aborted when the client has gone away
   * @param work is given a signal of its own, as abandoned work may be kept
   * @throws the signal's reason as soon as it is aborted; ProblemException when the queue is full
   */
  async hold<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (!this.#current) return work(signal);
    signal.throwIfAborted();
    const { setting, pool } = this.#current;
    const isKept = setting.abandonedWork === 'kept';
    const turn = pool.take(isKept ? undefined : signal);
    if (!turn) {
      this.struck();
      throw capacityExceeded();
    }
    const working = workInTurn(turn, pool, () => work(isKept ? never : signal));
    return isKept ? untilAborted(working, signal) : working;
  }
}

async function workInTurn<T>(turn: Promise<void>, pool: WorkerPool, work: () => Promise<T>): Promise<T> {
  await turn;
  try {
    return await work();
  } finally {
    pool.giveBack();
  }
}

/** Leaves the work to itself when the signal is aborted. */
function untilAborted<T>(working: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    working.then(resolve, reject);
  });
}

const capacityExceeded = (): ProblemException =>
  new ProblemException({
    ...customerKinds['capacity-exceeded'],
    detail: 'All workers are busy and the queue is full. Try again later.',
    headers: { 'retry-after': '1' },
  });
