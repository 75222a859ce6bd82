import { CallNotPermittedError } from '@breakwater/resilience';
import { CircuitBreaker, currentCallContext, Retry, TimeLimiter } from '@breakwater/resilience/nest';
import { Injectable } from '@nestjs/common';

export type Customer = { readonly id: string; readonly isVerified: boolean };

export class CustomerNotFoundError extends Error {}

export class CustomerFailedError extends Error {}

@Injectable()
export class CustomerClient {
  @Retry({ name: 'customer', fallbackMethod: { method: 'unverified', on: CallNotPermittedError } })
  @CircuitBreaker('customer')
  @TimeLimiter('customer')
  async findById(id: string): Promise<Customer> {
    const { signal } = currentCallContext();
    const response = await fetch(`http://customer:3000/customers/${id}`, { signal });
    if (response.status === 404) throw new CustomerNotFoundError(id);
    if (!response.ok) throw new CustomerFailedError(`customer responded with ${response.status}`);
    return { id, isVerified: true };
  }

  async unverified(id: string, _error: CallNotPermittedError): Promise<Customer> {
    return { id, isVerified: false };
  }
}

import { ResilienceModule } from '@breakwater/resilience/nest';
import { Module } from '@nestjs/common';

/** The error of `fetch` without a response. */
const NoResponse = TypeError;

@Module({
  imports: [
    ResilienceModule.forRoot({
      configFiles: [new URL('application.yml', import.meta.url)],
      errorTypes: {
        'org.springframework.web.client.HttpServerErrorException': CustomerFailedError,
        'com.acme.account.CustomerNotFoundException': CustomerNotFoundError,
        'java.io.IOException': NoResponse,
      },
    }),
  ],
  providers: [CustomerClient],
})
export class AppModule {}
