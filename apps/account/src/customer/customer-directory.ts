import {
  CallAbortedOnOpenError,
  RejectedError,
  TimeoutExceededError,
  type AnyCircuitBreaker,
  type CachedFallback,
  type ErrorClass,
  type StaleValue,
} from '@breakwater/resilience';
import { InjectPolicy, UsePipeline } from '@breakwater/resilience/nest';
import { addSpanEvent } from '@breakwater/service-kit';
import { Injectable, Logger } from '@nestjs/common';
import type { VerifiedBy } from '../database/account.tables.ts';
import { CustomerClient, CustomerUnavailableError } from './customer.client.ts';

/** What the customer service knows of a customer. */
export type CustomerStatus =
  | {
      readonly customer: 'exists';
      /** When the customer service said so. */
      readonly verifiedAt: Date;
      /** LAST_GOOD: the stale value of an earlier call, because the customer service is unavailable. */
      readonly verifiedBy: VerifiedBy;
    }
  /** There is no such customer. */
  | { readonly customer: 'unknown' }
  /** The customer exists, but can have no new account. */
  | { readonly customer: 'closed' };

/** The same, or that the customer cannot be verified at the moment. */
export type Verification = CustomerStatus | { readonly customer: 'unverified' };

/** The errors of a call that say nothing about the customer. All others are bugs, which nothing may hide. */
const unavailable: readonly ErrorClass[] = [
  CustomerUnavailableError,
  TimeoutExceededError,
  CallAbortedOnOpenError,
  RejectedError,
];

export const isUnavailable = (error: unknown): error is Error => unavailable.some((each) => error instanceof each);

/** Verifies customers. The policies around each call are the pipelines of `resilience.yml`. */
@Injectable()
export class CustomerDirectory {
  private readonly logger = new Logger(CustomerDirectory.name);
  private lastResultAt = -Infinity;
  /** Calls of requests that the policies permitted and that have not ended. */
  private requestCalls = 0;

  constructor(
    private readonly client: CustomerClient,
    @InjectPolicy('circuitBreaker', 'customer') private readonly circuitBreaker: AnyCircuitBreaker,
    @InjectPolicy('circuitBreaker', 'reconciliation') private readonly reconciliationBreaker: AnyCircuitBreaker,
    @InjectPolicy('cachedFallback', 'customer') private readonly staleValues: CachedFallback,
  ) {}

  /** For a request, which needs a result now: a fresh one, a stale one, or `unverified`. */
  @UsePipeline({
    name: 'customer',
    key: (customerId: string) => customerId,
    staleMethod: 'lastGood',
    fallbackMethod: { method: 'unverified', on: unavailable },
  })
  async verify(customerId: string): Promise<Verification> {
    this.requestCalls++;
    try {
      return await this.find(customerId);
    } finally {
      this.requestCalls--;
    }
  }

  /** For the reconciler, which can try again later: a fresh result, or the error of the call. */
  @UsePipeline('customer-reconciliation')
  async verifyFresh(customerId: string): Promise<CustomerStatus> {
    return this.find(customerId);
  }

  /**
   * Whether the reconciler may call: neither circuit breaker is certain to refuse, and no trial call of a request, which
   * shows soon whether customer works again, is in flight. Reading it costs no trial call.
   */
  get mayBeCalled(): boolean {
    if (this.circuitBreaker.state === 'HALF_OPEN' && this.requestCalls > 0) return false;
    return [this.circuitBreaker, this.reconciliationBreaker].every(
      ({ state, remainingMs = 0 }) => state !== 'FORCED_OPEN' && !(state === 'OPEN' && remainingMs > 0),
    );
  }

  /** Whether the circuit breaker of requests is OPEN or HALF_OPEN: a failed call may be due to an outage. */
  get isSuspect(): boolean {
    return ['OPEN', 'HALF_OPEN'].includes(this.circuitBreaker.state);
  }

  /** The real time since customer last verified a customer, for a request or for the reconciler; Infinity before that. */
  get msSinceResult(): number {
    return performance.now() - this.lastResultAt;
  }

  private async find(customerId: string): Promise<CustomerStatus> {
    const customer = await this.client.findById(customerId);
    this.lastResultAt = performance.now();
    // The time of day, also where policies run on a scaled clock: it is stored and shown.
    if (customer?.status === 'ACTIVE') return { customer: 'exists', verifiedAt: new Date(), verifiedBy: 'CUSTOMER' };
    // Neither is kept: "exists" is outdated, and "unknown" and "closed" may change at any time.
    this.staleValues.forget(customerId);
    return { customer: customer ? 'closed' : 'unknown' };
  }

  private lastGood(_customerId: string, { value }: StaleValue<CustomerStatus>): CustomerStatus {
    return value.customer === 'exists' ? { ...value, verifiedBy: 'LAST_GOOD' } : value;
  }

  private unverified(customerId: string, { name, message: reason }: Error): Verification {
    const by = { 'breakwater.policy': 'fallback', 'breakwater.name': 'customer', 'breakwater.handler': 'unverified' };
    addSpanEvent('breakwater.fallback.fallback', { ...by, 'error.type': name });
    this.logger.warn({ customerId, reason }, 'customer left unverified');
    return { customer: 'unverified' };
  }
}
