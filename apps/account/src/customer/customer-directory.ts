import { RejectedError, TimeoutExceededError } from '@breakwater/resilience';
import { Bulkhead, CircuitBreaker, currentCallContext, TimeLimiter } from '@breakwater/resilience/nest';
import { Injectable, Logger } from '@nestjs/common';
import type { VerifiedBy } from '../database/account.tables.ts';
import { CustomerUnavailableError } from './customer-unavailable.error.ts';
import { CustomerClient } from './customer.client.ts';

/** Whether there is a customer: yes, no, or nobody can say at the moment. */
export type Verification =
  | {
      readonly verdict: 'exists';
      /** When customer said so. */
      readonly verifiedAt: Date;
      /** Just now, or the last time that it was asked. */
      readonly verifiedBy: VerifiedBy;
    }
  | { readonly verdict: 'unknown' }
  | { readonly verdict: 'unverified' };

/** Says whether a customer exists, without ever making account wait for a customer service that is in trouble. */
@Injectable()
export class CustomerDirectory {
  private readonly logger = new Logger(CustomerDirectory.name);

  constructor(private readonly client: CustomerClient) {}

  /** `fallback(circuitBreaker(timeLimiter(bulkhead(call))))`; the numbers are in `resilience.yml`. */
  @CircuitBreaker({
    name: 'customer',
    fallbackMethod: {
      method: 'leaveUnverified',
      on: [CustomerUnavailableError, TimeoutExceededError, RejectedError],
    },
  })
  @TimeLimiter('customer')
  @Bulkhead('customer')
  async verify(customerId: string): Promise<Verification> {
    const customer = await this.client.findById(customerId, currentCallContext());
    return customer ? { verdict: 'exists', verifiedAt: new Date(), verifiedBy: 'CUSTOMER' } : { verdict: 'unknown' };
  }

  /** Nobody can say: customer failed or took too long, or a policy didn't let us ask. */
  protected leaveUnverified(customerId: string, reason: Error): Verification {
    this.logger.warn({ customerId, reason: reason.message }, 'customer left unverified');
    return { verdict: 'unverified' };
  }
}
