import { registryToken } from '@breakwater/resilience';
import { NestFactory } from '@nestjs/core';
import assert from 'node:assert/strict';
import { AppModule, clock } from './app.module.js';
import { CustomerClient } from './customer.client.js';

/** A bare NestJS application: decorator, fallback, registry, and the clock for tests. */
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
