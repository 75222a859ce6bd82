import {
  IntervalFunction,
  RejectedError,
  systemClock,
  type Clock,
  type Policy,
  type Random,
  type RetryBudget,
} from '@breakwater/resilience';
import { Logger } from '@nestjs/common';
import type { Answer, CustomerDirectory } from '../customer/customer-directory.ts';
import { isNoAnswer } from '../customer/no-answer.ts';
import type { Claim, PendingVerificationsRepository } from './pending-verifications.repository.ts';
import type { ReconciliationMetrics } from './reconciliation.metrics.ts';

/** What the reconciler works with. */
export interface ReconcilerParts {
  readonly queue: Pick<PendingVerificationsRepository, 'claim' | 'release' | 'postpone' | 'settle'>;
  readonly customers: Pick<CustomerDirectory, 'ask' | 'mayBeAsked'>;
  readonly metrics: Pick<ReconciliationMetrics, 'count'>;
  /** What each question is drawn from, as second attempts of clients' calls are. */
  readonly budget: Pick<RetryBudget, 'tryWithdraw' | 'balance'>;
  /** How many questions are under way at once, and how quickly one follows another. */
  readonly pace: Policy;
}

export interface ReconcilerOptions {
  /** How many accounts a round takes at most. */
  readonly batchSize: number;
  /** The clock on the wall, by which leases run. Default: the system's. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: Random;
}

/** What is left to do after a round: more at once, or nothing before the next one's time. */
export type RoundEnd = 'more' | 'done';

/**
 * For how long a claim holds: ten times as long as the longest question. A replica that is killed leaves its accounts to
 * the others after that.
 */
export const leaseMs = 30_000;

/** The back-off of an account, whose last step is also the longest that it waits once customer is well again. */
const backoff = IntervalFunction.ofExponentialBackoff('1s', 2, '30s');

/** This claim's question is not to be begun. */
class RoundOver extends Error {}

/**
 * Verifies what was accepted while nobody could say whether the customer exists. It is a client of customer like any
 * other, and a modest one: it goes through the same circuit breaker, time limiter and bulkhead as requests do, and where
 * those or its own pace and budget refuse, it gives its accounts back and leaves off until the next round. Where there is
 * no other traffic, its questions are the trial calls that close the circuit breaker again.
 */
export class Reconciler {
  readonly #logger = new Logger(Reconciler.name);
  readonly #parts: ReconcilerParts;
  readonly #options: ReconcilerOptions;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(parts: ReconcilerParts, options: ReconcilerOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /**
   * Takes a batch and sees each account of it through to its end: settled, postponed or given back. Accounts that aren't
   * there any more when it is cut short (by an error of the database, or by SIGKILL) come back when their lease ends.
   *
   * @param shutdown begins no question any more once it is aborted; those under way are waited for
   * @throws what the database throws, once nothing of the round is under way any more
   */
  async runRound(shutdown: AbortSignal): Promise<RoundEnd> {
    const { queue, customers, budget } = this.#parts;
    const { batchSize } = this.#options;
    if (shutdown.aborted || !customers.mayBeAsked || budget.balance < 1) return 'done';

    const claims = await queue.claim({ limit: batchSize, leaseMs });
    // A claim is used for half of its lease at most, so that a question that is begun ends before somebody else begins it.
    const round = { lastStart: this.#clock.now() + leaseMs / 2, leaveOff: new AbortController() };
    const onShutdown = () => round.leaveOff.abort(new RoundOver());
    shutdown.addEventListener('abort', onShutdown, { once: true });
    if (shutdown.aborted) onShutdown();
    const endings = await Promise.allSettled(claims.map((claim) => this.#verify(claim, round)));
    shutdown.removeEventListener('abort', onShutdown);

    const failed = endings.find((ending) => ending.status === 'rejected');
    if (failed) throw failed.reason;
    return claims.length === batchSize && !round.leaveOff.signal.aborted ? 'more' : 'done';
  }

  async #verify(claim: Claim, round: Round): Promise<void> {
    const { queue, pace, metrics } = this.#parts;
    const { leaveOff } = round;
    let answer: Answer;
    try {
      answer = await pace.execute(() => this.#ask(claim, round), { signal: leaveOff.signal });
    } catch (error) {
      if (error instanceof RoundOver || error instanceof RejectedError) {
        // Customer wasn't asked. What refused this question would refuse the others as well.
        leaveOff.abort(new RoundOver());
        await queue.release(claim);
      } else if (isNoAnswer(error)) {
        await this.#postpone(claim, error);
      } else throw error;
      return;
    }
    const settlement = await queue.settle(claim, answer);
    if (settlement === undefined) return;
    metrics.count(settlement === 'ACTIVE' ? 'active' : 'rejected');
    this.#logger.log({ accountId: claim.accountId, status: settlement }, 'account verified');
  }

  /** Not given the round's signal: a question that is begun is seen through, since customer has the work of it already. */
  async #ask({ customerId }: Claim, { lastStart, leaveOff }: Round): Promise<Answer> {
    leaveOff.signal.throwIfAborted();
    const { customers, budget } = this.#parts;
    if (this.#clock.now() > lastStart || !budget.tryWithdraw()) throw new RoundOver();
    return customers.ask(customerId);
  }

  async #postpone(claim: Claim, { message }: Error): Promise<void> {
    // Between half of the step and all of it: what failed together doesn't come back together.
    const delayMs = Math.round(backoff(claim.attempts + 1) * (1 - this.#random() / 2));
    await this.#parts.queue.postpone(claim, delayMs);
    this.#parts.metrics.count('postponed');
    this.#logger.debug({ accountId: claim.accountId, reason: message, delayMs }, 'verification postponed');
  }
}

interface Round {
  /** Until when questions may be begun, by the reconciler's clock. */
  readonly lastStart: number;
  /** Aborted when no further question is to be begun. */
  readonly leaveOff: AbortController;
}
