import {
  createRegistry,
  CallNotPermittedError,
  type CircuitBreakerEvents,
  pipeline,
  Retry,
} from '@breakwater/resilience';
import { FakeClock } from '@breakwater/resilience/testing';
import assert from 'node:assert/strict';

/** The core alone: neither NestJS nor any other package is installed. */
const clock = new FakeClock();
const registry = createRegistry(
  'circuitBreaker',
  { instances: { customer: { slidingWindowSize: 2, minimumNumberOfCalls: 2, waitDurationInOpenState: '5s' } } },
  { clock },
);
const customer = registry.getOrCreate('customer');
const transitions: CircuitBreakerEvents['STATE_TRANSITION'][] = [];
customer.on('STATE_TRANSITION', (event) => transitions.push(event));

const answer: number = await pipeline('customer', [new Retry('customer', {}, { clock }), customer]).execute(() => 42);
await assert.rejects(customer.execute(() => Promise.reject(new Error('outage'))));
assert.equal(answer, 42);
assert.equal(customer.state, 'OPEN');

const refusal: unknown = await customer.execute(() => 43).catch((error: unknown) => error);
assert.ok(refusal instanceof CallNotPermittedError);
assert.equal(refusal.retryAfterMs, 5_000);

clock.advance(5_001);
assert.equal(await customer.execute(({ signal }) => signal.aborted), false);
assert.deepEqual(
  transitions.map(({ toState }) => toState),
  ['OPEN', 'HALF_OPEN'],
);
process.stdout.write('The core works alone.\n');
