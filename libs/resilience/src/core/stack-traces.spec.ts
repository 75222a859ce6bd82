import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { Bulkhead } from './bulkhead/bulkhead.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { pipeline } from './pipeline.ts';
import { createRegistries, type PipelineKind, pipelineKindsOf } from './policies.ts';
import type { Policy, ProtectedCall } from './policy.ts';
import { RateLimiter } from './rate-limiter/rate-limiter.ts';
import { Retry } from './retry/retry.ts';
import { TimeLimiter } from './time-limiter/time-limiter.ts';

const clock = new FakeClock();
const environment = { clock };

/** Options with which a policy passes a failure on at once. */
const passFailuresOn: Partial<Record<PipelineKind, object>> = {
  fallback: { handlers: [] },
  deadline: { timeoutDuration: '10s' },
  retry: { maxAttempts: 1 },
};

const registries = createRegistries({}, environment);

function policyOf(kind: PipelineKind): Policy {
  return registries[kind].getOrCreate('customer', passFailuresOn[kind] ?? {});
}

/** The function that each stack trace must name. */
async function loadCustomerPage(policy: Policy, call: ProtectedCall<unknown>): Promise<unknown> {
  return await policy.execute(call);
}

async function stackOf(policy: Policy, call: ProtectedCall<unknown>, advanceMs = 0): Promise<string> {
  const caught = loadCustomerPage(policy, call).then(
    () => 'no error',
    (error: unknown) => (error as Error).stack,
  );
  await Promise.resolve();
  clock.advance(advanceMs);
  return String(await caught);
}

async function failLater(): Promise<never> {
  await new Promise((resolve) => setImmediate(resolve));
  throw new Error('customer is down');
}

const never = (): Promise<never> => new Promise(() => {});

describe('the stack trace of an error names the caller', () => {
  it.each(pipelineKindsOf())('if a call under this policy fails after an await: %s', async (kind) => {
    const stack = await stackOf(policyOf(kind), failLater);

    expect(stack).toContain('customer is down');
    expect(stack).toContain('loadCustomerPage');
  });

  it('if a call under a pipeline of all policies fails', async () => {
    const all = pipelineKindsOf().map(policyOf);
    Error.stackTraceLimit = 50;
    try {
      expect(await stackOf(pipeline('customer', all), failLater)).toContain('loadCustomerPage');
    } finally {
      Error.stackTraceLimit = 10;
    }
  });

  it('if the last of several attempts fails', async () => {
    const retry = new Retry('customer', { maxAttempts: 3, waitDuration: 0 }, environment);

    expect(await stackOf(retry, failLater)).toContain('loadCustomerPage');
  });

  it('if a call under a circuit breaker that can abort it fails', async () => {
    const circuitBreaker = new CircuitBreaker('customer', { abortCallsOnOpen: true }, environment);

    expect(await stackOf(circuitBreaker, failLater)).toContain('loadCustomerPage');
  });

  it('if a call times out, also under other policies', async () => {
    const timeLimiter = new TimeLimiter('customer', { timeoutDuration: '1s' }, environment);
    const circuitBreaker = new CircuitBreaker('customer', {}, environment);

    for (const policy of [timeLimiter, pipeline('customer', [circuitBreaker, timeLimiter])]) {
      const stack = await stackOf(policy, never, 1000);
      expect(stack).toMatch(/^TimeoutExceededError: [^]*loadCustomerPage/);
    }
  });

  it('if a policy refuses a call at once', async () => {
    const circuitBreaker = new CircuitBreaker('customer', { initialState: 'FORCED_OPEN' }, environment);
    const bulkhead = new Bulkhead('customer', { maxConcurrentCalls: 1, maxWaitDuration: 0 }, environment);
    const rateLimiter = new RateLimiter('customer', { limitForPeriod: 1, timeoutDuration: 0 }, environment);
    bulkhead.tryAcquirePermission();
    rateLimiter.reservePermission();

    for (const policy of [circuitBreaker, bulkhead, rateLimiter]) {
      expect(await stackOf(policy, never)).toMatch(
        /^(CallNotPermitted|BulkheadFull|RateLimitExceeded)Error: [^]*loadCustomerPage/,
      );
    }
  });

  it('if a bulkhead refuses a call that has waited', async () => {
    const bulkhead = new Bulkhead('customer', { maxConcurrentCalls: 1, maxWaitDuration: '1s' }, environment);
    bulkhead.tryAcquirePermission();

    expect(await stackOf(bulkhead, never, 1000)).toMatch(/^BulkheadFullError: [^]*loadCustomerPage/);
  });
});
