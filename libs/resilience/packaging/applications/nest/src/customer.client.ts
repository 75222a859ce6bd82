import { CircuitBreaker } from '@breakwater/resilience/nest';
import { Injectable } from '@nestjs/common';

@Injectable()
export class CustomerClient {
  isDown = false;
  calls = 0;

  @CircuitBreaker({ name: 'customer', fallbackMethod: 'unverified' })
  async verify(id: string): Promise<string> {
    this.calls++;
    if (this.isDown) throw new Error('outage');
    return `${id} is verified`;
  }

  async unverified(id: string, _error: unknown): Promise<string> {
    return `${id} is unverified`;
  }
}
