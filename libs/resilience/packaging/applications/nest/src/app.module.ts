import { ResilienceModule } from '@breakwater/resilience/nest';
import { FakeClock } from '@breakwater/resilience/testing';
import { Module } from '@nestjs/common';
import { CustomerClient } from './customer.client.js';

export const clock = new FakeClock();

const customer = {
  slidingWindowSize: 4,
  minimumNumberOfCalls: 4,
  permittedNumberOfCallsInHalfOpenState: 1,
  waitDurationInOpenState: '5s',
};

@Module({
  imports: [ResilienceModule.forRoot({ clock, circuitBreaker: { instances: { customer } } })],
  providers: [CustomerClient],
})
export class AppModule {}
