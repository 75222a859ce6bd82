import { CircuitBreaker, Retry, TimeLimiter } from '@breakwater/resilience/nest';
import { Injectable } from '@nestjs/common';
// oxlint-disable-next-line typescript/consistent-type-imports -- NestJS injects the class that the metadata names
import { Http } from './http';

@Injectable()
export class CustomerClient {
  constructor(private readonly http: Http) {}

  @CircuitBreaker({ name: 'customer', fallbackMethod: 'unverified' })
  @TimeLimiter('customer')
  async verify(id: string): Promise<string> {
    return this.http.get(`/customers/${id}`);
  }

  @Retry('customer')
  async name(id: string): Promise<string> {
    return this.http.get(`/customers/${id}/name`);
  }

  async unverified(id: string): Promise<string> {
    return `${id} is unverified`;
  }
}
