import { CallNotPermittedError } from '@breakwater/resilience';
import { CircuitBreaker, currentCallContext, Retry, TimeLimiter } from '@breakwater/resilience/nest';
import { Injectable } from '@nestjs/common';
import { CustomerFailedError, CustomerNotFoundError } from './customer-errors.ts';

export type Customer = { readonly id: string; readonly isVerified: boolean };

@Injectable()
export class CustomerClient {
  @Retry({ name: 'customer', fallbackMethod: { method: 'unverified', on: CallNotPermittedError } })
  @CircuitBreaker('customer')
  @TimeLimiter('customer')
  async findById(id: string): Promise<Customer> {
    const { signal } = currentCallContext();
    const response = await fetch(`http://customer:3000/customers/${id}`, { signal });
    if (response.status === 404) throw new CustomerNotFoundError(id);
    if (!response.ok) throw new CustomerFailedError(`customer answered ${response.status}`);
    return { id, isVerified: true };
  }

  async unverified(id: string, _error: CallNotPermittedError): Promise<Customer> {
    return { id, isVerified: false };
  }
}
