import { CircuitBreaker, currentCallContext, ResilienceModule, TimeLimiter } from '@breakwater/resilience/nest';
import { Injectable, Module } from '@nestjs/common';

@Injectable()
export class CustomerDirectory {
  @CircuitBreaker({ name: 'customer', fallbackMethod: 'unverified' })
  @TimeLimiter('customer')
  async verify(customerId: string): Promise<'exists' | 'unknown' | 'unverified'> {
    const { signal } = currentCallContext();
    const response = await fetch(`http://customer:3000/customers/${customerId}`, { signal });
    if (response.status >= 500) throw new Error(`customer responded with ${response.status}`);
    return response.ok ? 'exists' : 'unknown';
  }

  /** Called instead if customer fails, or if the circuit breaker does not permit the call. */
  unverified(_customerId: string, _reason: Error): 'unverified' {
    return 'unverified';
  }
}

@Module({ imports: [ResilienceModule.forRoot({ configFiles: ['resilience.yml'] })], providers: [CustomerDirectory] })
export class AppModule {}

import { ResilienceActuatorModule, ResilienceExceptionFilter } from '@breakwater/resilience/nest';
import { ResiliencePrometheusModule } from '@breakwater/resilience/nest-prometheus';
import { CircuitBreakerHealthIndicator } from '@breakwater/resilience/terminus';
import { APP_FILTER } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';

@Module({
  imports: [
    AppModule,
    ResilienceActuatorModule.forRoot({ token: process.env['ACTUATOR_TOKEN'] }),
    ResiliencePrometheusModule.forRoot({ extraLabels: { application: 'account' } }),
    TerminusModule,
  ],
  providers: [CircuitBreakerHealthIndicator, { provide: APP_FILTER, useClass: ResilienceExceptionFilter }],
})
export class OperableAppModule {}

import { ConfigModule, registerAs } from '@nestjs/config';

const resilienceSettings = registerAs('resilience', () => ({
  configFiles: [process.env['RESILIENCE_FILE'] ?? 'resilience.yml'],
}));

@Module({ imports: [ConfigModule.forRoot(), ResilienceModule.forRootAsync(resilienceSettings.asProvider())] })
export class ConfiguredAppModule {}
