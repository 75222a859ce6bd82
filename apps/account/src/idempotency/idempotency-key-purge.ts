import type { Cancel, Clock } from '@breakwater/resilience';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { IdempotencyKeys } from './idempotency-keys.ts';

/** How long after one purge the next begins. Keys that have expired do no harm meanwhile; they take up room. */
const intervalMs = 60_000;

/** How many keys one statement deletes, so that none takes long. */
const batchSize = 1_000;

/**
 * Deletes idempotency keys whose time is over, a batch at a time, for as long as the application runs. Replicas do so
 * beside one another. That it fails is logged once, and so is that it works again.
 */
export class IdempotencyKeyPurge implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(IdempotencyKeyPurge.name);
  readonly #keys: Pick<IdempotencyKeys, 'deleteExpired'>;
  readonly #clock: Clock;
  #cancel: Cancel | undefined;
  #stopped = false;
  #failing = false;

  constructor(keys: Pick<IdempotencyKeys, 'deleteExpired'>, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  onApplicationBootstrap(): void {
    this.#scheduleNext();
  }

  /** A batch under way is left to end; the database waits for it. */
  onModuleDestroy(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #scheduleNext(): void {
    if (!this.#stopped) this.#cancel = this.#clock.schedule(intervalMs, () => void this.#purge());
  }

  async #purge(): Promise<void> {
    try {
      let deleted: number;
      do deleted = await this.#keys.deleteExpired(batchSize);
      while (deleted === batchSize && !this.#stopped);
      this.#tell(undefined);
    } catch (error) {
      this.#tell(error);
    }
    this.#scheduleNext();
  }

  #tell(err: unknown): void {
    const failing = err !== undefined;
    if (failing === this.#failing || this.#stopped) return;
    this.#failing = failing;
    if (failing) this.#logger.warn({ err }, 'expired idempotency keys cannot be deleted');
    else this.#logger.log('expired idempotency keys are deleted again');
  }
}
