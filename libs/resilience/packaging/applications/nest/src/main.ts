import { registryToken } from '@breakwater/resilience';
import { CircuitBreaker, ResilienceModule } from '@breakwater/resilience/nest';
import { FakeClock } from '@breakwater/resilience/testing';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import assert from 'node:assert/strict';

/** A bare NestJS application: decorator, fallback, registry, and the clock for tests. */
const clock = new FakeClock();

@Injectable()
class CustomerClient {
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
class AppModule {}

const application = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
const client = application.get(CustomerClient);
const breaker = application.get(registryToken('circuitBreaker')).getOrCreate('customer');

assert.equal(await client.verify('c-1'), 'c-1 is verified');
client.isDown = true;
for (let call = 0; call < 5; call++) assert.equal(await client.verify('c-1'), 'c-1 is unverified');
assert.equal(breaker.state, 'OPEN');
assert.equal(client.calls, 4);
assert.equal(breaker.metrics.notPermittedCalls, 2);

clock.advance(5_001);
client.isDown = false;
assert.equal(await client.verify('c-1'), 'c-1 is verified');
assert.equal(breaker.state, 'CLOSED');
await application.close();
process.stdout.write('The decorator works.\n');
