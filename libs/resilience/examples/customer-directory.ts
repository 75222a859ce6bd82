import { CircuitBreaker, ResilienceModule } from '@breakwater/resilience/nest';
import { Injectable, Module } from '@nestjs/common';

@Injectable()
export class CustomerDirectory {
  @CircuitBreaker({ name: 'customer', fallbackMethod: 'unverified' })
  async verify(customerId: string): Promise<'exists' | 'unknown' | 'unverified'> {
    const response = await fetch(`http://customer:3000/customers/${customerId}`);
    if (response.status >= 500) throw new Error(`customer answered ${response.status}`);
    return response.ok ? 'exists' : 'unknown';
  }

  /** Called instead when customer fails, or when the circuit breaker does not permit the call. */
  unverified(_customerId: string, _reason: Error): 'unverified' {
    return 'unverified';
  }
}

@Module({ imports: [ResilienceModule.forRoot({ configFiles: ['resilience.yml'] })], providers: [CustomerDirectory] })
export class AppModule {}
