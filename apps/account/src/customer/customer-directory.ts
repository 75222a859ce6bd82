import {
  pipeline,
  type CallContext,
  type CachedFallback,
  type AnyCircuitBreaker,
  type Pipeline,
} from '@breakwater/resilience';
import { currentCallContext, ResilienceRegistries } from '@breakwater/resilience/nest';
import { Injectable, Logger } from '@nestjs/common';
import type { VerifiedBy } from '../database/account.tables.ts';
import { CustomerClient } from './customer.client.ts';
import { isNoAnswer } from './no-answer.ts';

/** What customer says when it is asked: there is such a customer, or there is none. */
export type Answer =
  | {
      readonly verdict: 'exists';
      /** When customer said so. */
      readonly verifiedAt: Date;
      /** Just now, or the last time that it was asked. */
      readonly verifiedBy: VerifiedBy;
    }
  | { readonly verdict: 'unknown' };

/** Whether there is a customer: yes, no, or nobody can say at the moment. */
export type Verification = Answer | { readonly verdict: 'unverified' };

/**
 * Says whether a customer exists, without ever making account wait for a customer service that is in trouble. Whoever
 * asks goes through the same circuit breaker, so that what one learns protects all. The numbers are in `resilience.yml`.
 */
@Injectable()
export class CustomerDirectory {
  private readonly logger = new Logger(CustomerDirectory.name);
  private readonly circuitBreaker: AnyCircuitBreaker;
  private readonly lastGoodAnswers: CachedFallback;
  /** `circuitBreaker(timeLimiter(bulkhead(call)))` */
  private readonly once: Pipeline;
  /** `retry(circuitBreaker(timeLimiter(bulkhead(call))))`: the circuit breaker permits and judges each attempt. */
  private readonly again: Pipeline;

  constructor(
    private readonly client: CustomerClient,
    { policies }: ResilienceRegistries,
  ) {
    this.circuitBreaker = policies.circuitBreaker.getOrCreate('customer');
    this.lastGoodAnswers = policies.cachedFallback.getOrCreate('customer');
    const timeLimiter = policies.timeLimiter.getOrCreate('customer');
    const bulkhead = policies.bulkhead.getOrCreate('customer');
    this.once = pipeline('customer', [this.circuitBreaker, timeLimiter, bulkhead]);
    this.again = pipeline('customer', [policies.retry.getOrCreate('customer'), this.once]);
  }

  /**
   * For a request, which needs to know now: `fallback(cachedFallback(retry(circuitBreaker(timeLimiter(bulkhead(call))))))`.
   * All of it together takes no longer than the request's deadline allows.
   */
  async verify(customerId: string): Promise<Verification> {
    let isLastGood = false;
    const onServed = () => (isLastGood = true);
    // Nested by hand: to make a pipeline of the two for each request would cost more than it says.
    const protection = this.lastGoodAnswers.withKey(customerId, { onServed });
    try {
      const answer = await protection.execute(
        (context) => this.again.execute((attempt) => this.call(customerId, attempt), context),
        { deadline: currentCallContext().deadline },
      );
      return isLastGood && answer.verdict === 'exists' ? { ...answer, verifiedBy: 'LAST_GOOD' } : answer;
    } catch (error) {
      return this.leaveUnverified(customerId, error);
    }
  }

  /**
   * For whoever can come back later: one question, `circuitBreaker(timeLimiter(bulkhead(call)))`. What it throws says why
   * there is no answer, and the answer is never one that was only remembered.
   */
  ask(customerId: string): Promise<Answer> {
    return this.once.execute((context) => this.call(customerId, context));
  }

  /** Whether the circuit breaker would let a question through. To look costs nothing, not even one of its trial calls. */
  get mayBeAsked(): boolean {
    const { state, remainingMs = 0 } = this.circuitBreaker;
    return state !== 'FORCED_OPEN' && !(state === 'OPEN' && remainingMs > 0);
  }

  private async call(customerId: string, context: CallContext): Promise<Answer> {
    const customer = await this.client.findById(customerId, context);
    // By the clock on the wall, whatever time policies go by: it is stored and shown.
    if (customer) return { verdict: 'exists', verifiedAt: new Date(), verifiedBy: 'CUSTOMER' };
    // "Exists" is no good answer any more. "Unknown" is none to remember either: the customer may be made at any time.
    this.lastGoodAnswers.forget(customerId);
    return { verdict: 'unknown' };
  }

  /** The fallback: nobody can say. */
  private leaveUnverified(customerId: string, reason: unknown): Verification {
    if (!isNoAnswer(reason)) throw reason;
    this.logger.warn({ customerId, reason: reason.message }, 'customer left unverified');
    return { verdict: 'unverified' };
  }
}
