import {
  IntervalFunction,
  RejectedError,
  systemClock,
  type Clock,
  type Policy,
  type Random,
  type RetryBudget,
} from '@breakwater/resilience';
import { inLinkedTrace } from '@breakwater/service-kit';
import { Logger } from '@nestjs/common';
import { isUnavailable, type CustomerDirectory, type CustomerStatus } from '../customer/customer-directory.ts';
import type { Claim, PendingVerificationsRepository } from './pending-verifications.repository.ts';
import type { ReconciliationMetrics } from './reconciliation.metrics.ts';

/** What the reconciler uses. */
export interface ReconcilerParts {
  readonly queue: Pick<PendingVerificationsRepository, 'claim' | 'release' | 'postpone' | 'endWaits' | 'settle'>;
  readonly customers: Pick<CustomerDirectory, 'verifyFresh' | 'mayBeCalled' | 'isSuspect' | 'msSinceResult'>;
  readonly metrics: Pick<ReconciliationMetrics, 'count'>;
  /** Each call draws on it, as the retries of requests do. */
  readonly budget: Pick<RetryBudget, 'tryWithdraw' | 'balance'>;
  /** Limits concurrent calls and their rate. */
  readonly pace: Policy;
}

export interface ReconcilerOptions {
  /** The most accounts in a round. */
  readonly batchSize: number;
  /** The attempts after which an account is set aside: those that fail while customer verifies others. */
  readonly maxAttempts: number;
  /** Real time, by which leases run. Default: the system's clock. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: Random;
}

/**
 * How a round has ended: `more` when the next has work at once, `done` when it can wait for the next interval, `skipped`
 * when it had to end before it used the database.
 */
export type RoundEnd = 'more' | 'done' | 'skipped';

/** How long a claim lasts: ten times the longest call. After that, other replicas take the accounts of a killed one. */
export const leaseMs = 30_000;

/** The back-off of an account. The end of an outage cuts it short for accounts that have failed only during outages. */
const backoff = IntervalFunction.ofExponentialBackoff('1s', 2, '1h');

/** The round ends before the call of this claim has started. */
class RoundEndedError extends Error {}

interface Round {
  /** When the last call may start, on the reconciler's clock. */
  readonly lastStart: number;
  /** Aborted when no further call may start. */
  readonly end: AbortController;
}

/**
 * Verifies the customers of pending accounts. Its calls go through the time limiter and the bulkhead of requests, and through
 * a circuit breaker of its own, so that accounts that customer cannot verify do not open that of requests. No call starts
 * while that is certain to refuse. When a policy, the pace or the budget refuses a call, the round ends and its accounts are
 * released.
 */
export class Reconciler {
  readonly #logger = new Logger(Reconciler.name);
  readonly #parts: ReconcilerParts;
  readonly #options: ReconcilerOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  /** When an attempt last failed that may be due to an outage. At first the start, as another process may have seen one. */
  #outageAt: number | undefined;

  constructor(parts: ReconcilerParts, options: ReconcilerOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#outageAt = this.#clock.now();
  }

  /**
   * Claims a batch and settles, postpones or releases each of its accounts. Claims that an error of the database or SIGKILL
   * leaves behind are due again when their lease ends.
   *
   * @param shutdown starts no call once it is aborted; in-flight calls are completed
   * @throws an error of the database, once no call of the round is in flight
   */
  async runRound(shutdown: AbortSignal): Promise<RoundEnd> {
    const { queue, customers, budget } = this.#parts;
    const { batchSize } = this.#options;
    if (shutdown.aborted || !customers.mayBeCalled || budget.balance < 1) return 'skipped';

    await this.#endWaitsAfterOutage();
    const claims = await queue.claim({ limit: batchSize, leaseMs });
    // Calls start in the first half of the lease, so that a call ends before another replica can claim its account.
    const round = { lastStart: this.#clock.now() + leaseMs / 2, end: new AbortController() };
    const onShutdown = () => round.end.abort(new RoundEndedError());
    shutdown.addEventListener('abort', onShutdown);
    if (shutdown.aborted) onShutdown();
    const results = await Promise.allSettled(claims.map((claim) => this.#verify(claim, round)));
    shutdown.removeEventListener('abort', onShutdown);

    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return claims.length === batchSize && !round.end.signal.aborted ? 'more' : 'done';
  }

  #verify(claim: Claim, round: Round): Promise<void> {
    return inLinkedTrace({ name: 'verify account' }, claim.traceparent, () => this.#verifyInTrace(claim, round));
  }

  async #verifyInTrace(claim: Claim, round: Round): Promise<void> {
    const { queue, pace, metrics } = this.#parts;
    let status: CustomerStatus;
    try {
      // The signal ends the wait for the pace. A call that has started is completed: customer works on it already.
      status = await pace.execute(() => this.#call(claim, round), { signal: round.end.signal });
    } catch (error) {
      if (error instanceof RoundEndedError || error instanceof RejectedError) {
        // Customer was not called. What refused this call would refuse the others, too.
        round.end.abort(new RoundEndedError());
        await queue.release(claim);
      } else if (isUnavailable(error)) {
        await this.#postpone(claim, error);
      } else throw error;
      return;
    }
    const settlement = await queue.settle(claim, status);
    if (settlement === undefined) return;
    metrics.count(settlement === 'ACTIVE' ? 'active' : 'rejected');
    this.#logger.log({ accountId: claim.accountId, status: settlement }, 'account verified');
  }

  #call({ customerId }: Claim, { lastStart, end }: Round): Promise<CustomerStatus> {
    const { customers, budget } = this.#parts;
    end.signal.throwIfAborted();
    const mayStart = this.#clock.now() <= lastStart && customers.mayBeCalled;
    if (!mayStart || !budget.tryWithdraw()) throw new RoundEndedError();
    return customers.verifyFresh(customerId);
  }

  /** A result of customer later than the last failure shows that the outage has ended. */
  async #endWaitsAfterOutage(): Promise<void> {
    if (this.#outageAt === undefined || this.#parts.customers.msSinceResult >= this.#clock.now() - this.#outageAt)
      return;
    await this.#parts.queue.endWaits({ leaseMs });
    this.#outageAt = undefined;
  }

  async #postpone(claim: Claim, { message: reason }: Error): Promise<void> {
    const { queue, metrics } = this.#parts;
    const { accountId, customerId } = claim;
    const isCounted = this.#isCounted(claim);
    if (!isCounted) this.#outageAt = this.#clock.now();
    const failures = claim.failures + (isCounted ? 1 : 0);
    const isSetAside = isCounted && failures >= this.#options.maxAttempts;
    // Between half of the step and all of it, so that accounts that failed together do not return together.
    const delayMs = Math.round(backoff(claim.attempts + 1) * (1 - this.#random() / 2));
    if (!(await queue.postpone(claim, { delayMs, isCounted, isSetAside }))) return;
    metrics.count(isSetAside ? 'set_aside' : 'postponed');
    if (isSetAside) this.#logger.warn({ accountId, customerId, reason, failures }, 'verification set aside');
    else this.#logger.debug({ accountId, reason, delayMs }, 'verification postponed');
  }

  /**
   * Whether a failure concerns this account: customer has verified others since the previous failure. So an outage adds one
   * failure at most, however long it lasts.
   */
  #isCounted({ failedMsAgo }: Claim): boolean {
    const { isSuspect, msSinceResult } = this.#parts.customers;
    return failedMsAgo !== undefined && !isSuspect && msSinceResult < failedMsAgo;
  }
}
