import { CallNotPermittedError, type CircuitBreaker as Breaker } from '@breakwater/resilience';
import { CircuitBreaker, InjectPolicy } from '@breakwater/resilience/nest';
import { Injectable } from '@nestjs/common';

/** A provider that is CommonJS: decorated methods and an injected policy. */
@Injectable()
export class CustomerClient {
  isDown = false;

  constructor(@InjectPolicy('circuitBreaker', 'customer') readonly breaker: Breaker) {}

  @CircuitBreaker({ name: 'customer', fallbackMethod: 'unverified' })
  async verify(id: string): Promise<string> {
    if (this.isDown) throw new Error('outage');
    return `${id} is verified`;
  }

  async unverified(id: string, reason: unknown): Promise<string> {
    return `${id} is unverified: ${reason instanceof CallNotPermittedError ? 'not permitted' : 'failed'}`;
  }
}
