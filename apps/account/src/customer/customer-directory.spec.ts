import { Deadline, registryToken } from '@breakwater/resilience';
import { currentCallContext, ResilienceModule, runInCallContext } from '@breakwater/resilience/nest';
import { FakeClock } from '@breakwater/resilience/testing';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CustomerDirectory } from './customer-directory.ts';
import { CustomerClient, CustomerUnavailableError } from './customer.client.ts';
import { customerPolicies } from './customer.module.ts';

type FindById = CustomerClient['findById'];

const ada = { id: 'c-1001', status: 'ACTIVE' } as const;
const outage = new CustomerUnavailableError('customer responded with 503');

/** The directory with the policies of resilience.yml and a client that the test controls. */
async function setUp(env: Readonly<Record<string, string>> = {}) {
  const findById = vi.fn<FindById>(async () => ada);
  const clock = new FakeClock();
  @Module({
    imports: [
      ResilienceModule.forRoot({
        configFiles: [new URL('../../resilience.yml', import.meta.url)],
        clock,
        env,
        ...customerPolicies([]),
      }),
    ],
    providers: [CustomerDirectory, { provide: CustomerClient, useValue: { findById } }],
  })
  class TestModule {}
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
  const app = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
  onTestFinished(async () => {
    vi.restoreAllMocks();
    await app.close();
  });
  const circuitBreaker = app.get(registryToken('circuitBreaker')).getOrCreate('customer');
  const ownBreaker = app.get(registryToken('circuitBreaker')).getOrCreate('reconciliation');
  return { directory: app.get(CustomerDirectory), circuitBreaker, ownBreaker, findById, clock };
}

/** Lets pending promises settle. */
const letPromisesSettle = () => new Promise((resolve) => setImmediate(resolve));

/** Advances the clock, and lets pending promises settle before and after that. */
const letWaitsEnd = async (clock: FakeClock, durationMs = 1_000): Promise<void> => {
  await letPromisesSettle();
  clock.advance(durationMs);
  await letPromisesSettle();
};

const failing: FindById = () => Promise.reject(outage);
const hanging: FindById = () =>
  new Promise((_resolve, reject) => {
    const { signal } = currentCallContext();
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

describe('A verification for a request', () => {
  it('has the time of day, also when policies run on another clock', async () => {
    const { directory } = await setUp();
    const before = Date.now();

    const verification = await directory.verify('c-1001');

    expect(verification).toEqual({ customer: 'exists', verifiedAt: expect.any(Date) as Date, verifiedBy: 'CUSTOMER' });
    const { verifiedAt } = verification as { verifiedAt: Date };
    expect(verifiedAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(verifiedAt.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('is retried once after a wait of 50 to 150 ms, and the circuit breaker records both attempts', async () => {
    const { directory, circuitBreaker, findById, clock } = await setUp();
    findById.mockRejectedValueOnce(outage);

    const verifying = directory.verify('c-1001');
    await letWaitsEnd(clock, 49);
    expect(findById).toHaveBeenCalledTimes(1);
    await letWaitsEnd(clock, 101);
    expect(findById).toHaveBeenCalledTimes(2);

    expect(await verifying).toMatchObject({ customer: 'exists', verifiedBy: 'CUSTOMER' });
    expect(circuitBreaker.metrics).toMatchObject({ bufferedCalls: 2, failedCalls: 1 });
  });

  it('is not retried twice', async () => {
    const { directory, findById, clock } = await setUp();
    findById.mockImplementation(failing);

    const verifying = directory.verify('c-1001');
    await letWaitsEnd(clock);

    expect(await verifying).toEqual({ customer: 'unverified' });
    expect(findById).toHaveBeenCalledTimes(2);
  });

  it('is not retried after a timeout', async () => {
    const { directory, findById, clock } = await setUp();
    findById.mockImplementation(hanging);

    const verifying = directory.verify('c-1001');
    await letWaitsEnd(clock, 3_000);
    await letWaitsEnd(clock);

    // Before the result: a second attempt would keep it pending.
    expect(findById).toHaveBeenCalledTimes(1);
    expect(await verifying).toEqual({ customer: 'unverified' });
  });

  it('is not retried after a refusal', async () => {
    const { directory, circuitBreaker, findById, clock } = await setUp();
    circuitBreaker.transitionToOpenState();

    const verifying = directory.verify('c-1001');
    // A second attempt would start when the circuit breaker permits calls again.
    await letWaitsEnd(clock, 10_000);

    expect(findById).not.toHaveBeenCalled();
    expect(await verifying).toEqual({ customer: 'unverified' });
    expect(circuitBreaker.metrics.notPermittedCalls).toBe(1);
  });

  it('is not retried beyond the retry budget', async () => {
    const { directory, circuitBreaker, findById, clock } = await setUp({
      RESILIENCE4J_RETRYBUDGET_INSTANCES_CUSTOMER_MINRETRIESPERSECOND: '0',
      RESILIENCE4J_RETRYBUDGET_INSTANCES_CUSTOMER_RETRYRATIO: '0.2',
    });
    circuitBreaker.transitionToDisabledState();
    for (let call = 1; call <= 4; call += 1) await directory.verify('c-1001');
    findById.mockImplementation(failing);

    // Five calls earn one retry, which the fifth call spends: none is left for the sixth.
    for (let call = 5; call <= 6; call += 1) {
      const verifying = directory.verify('c-1002');
      await letWaitsEnd(clock);
      await verifying;
    }

    expect(findById).toHaveBeenCalledTimes(4 + 2 + 1);
  });

  it('ends with the deadline of the request, retries included', async () => {
    const { directory, findById, clock } = await setUp();
    findById.mockImplementation(failing);
    const deadline = Deadline.after('40ms', clock);

    expect(await runInCallContext({ deadline }, () => directory.verify('c-1001'))).toEqual({ customer: 'unverified' });
    expect(findById).toHaveBeenCalledTimes(1);
  });

  it('neither hides nor retries a bug', async () => {
    const { directory, findById, clock } = await setUp();
    await directory.verify('c-1001');
    findById.mockRejectedValue(new TypeError('a bug'));

    const [verified] = await Promise.allSettled([directory.verify('c-1001'), letWaitsEnd(clock)]);

    expect(verified).toEqual({ status: 'rejected', reason: new TypeError('a bug') });
    expect(findById).toHaveBeenCalledTimes(1 + 1);
  });
});

describe('Verifications in flight while customer hangs', () => {
  it('get their fallback at the slow-call threshold, because the circuit breaker opens then', async () => {
    const { directory, circuitBreaker, findById, clock } = await setUp();
    const verified = await directory.verify('c-1001');
    findById.mockImplementation(hanging);
    const results: unknown[] = [];
    const ids = ['c-1001', ...Array.from({ length: 9 }, (_, each) => `c-${1002 + each}`)];

    for (const id of ids) void directory.verify(id).then((result) => results.push(result));
    await letWaitsEnd(clock, 1_000);
    expect(results).toEqual([]);
    await letWaitsEnd(clock, 1);

    expect(circuitBreaker.state).toBe('OPEN');
    expect(results).toHaveLength(10);
    expect(results).toContainEqual({ ...verified, verifiedBy: 'LAST_GOOD' });
    expect(results.filter((result) => (result as typeof verified).customer === 'unverified')).toHaveLength(9);
  });

  it('continue when they are those of the reconciler, for whom no client waits', async () => {
    const { directory, ownBreaker, findById, clock } = await setUp();
    findById.mockImplementation(hanging);
    let ended = 0;

    for (let call = 0; call < 10; call++) directory.verifyFresh('c-1001').catch(() => ended++);
    await letWaitsEnd(clock, 1_001);
    expect([ownBreaker.state, ended]).toEqual(['OPEN', 0]);
    await letWaitsEnd(clock, 1_999);

    expect(ended).toBe(10);
  });
});

describe('A stale value', () => {
  it('is returned while customer is unavailable, with the time of its verification', async () => {
    const { directory, circuitBreaker } = await setUp();
    const verified = await directory.verify('c-1001');
    circuitBreaker.transitionToForcedOpenState();

    expect(await directory.verify('c-1001')).toEqual({ ...verified, verifiedBy: 'LAST_GOOD' });
    expect(await directory.verify('c-1002')).toEqual({ customer: 'unverified' });
  });

  it('is returned only after the retry has failed as well', async () => {
    const { directory, findById, clock } = await setUp();
    await directory.verify('c-1001');
    findById.mockImplementation(failing);

    const verifying = directory.verify('c-1001');
    await letWaitsEnd(clock);

    expect(await verifying).toMatchObject({ customer: 'exists', verifiedBy: 'LAST_GOOD' });
    expect(findById).toHaveBeenCalledTimes(1 + 2);
  });

  it('is returned for ten minutes', async () => {
    const { directory, circuitBreaker, clock } = await setUp();
    await directory.verify('c-1001');
    circuitBreaker.transitionToForcedOpenState();

    clock.advance(600_000);
    const young = await directory.verify('c-1001');
    clock.advance(1);
    const old = await directory.verify('c-1001');

    expect([young.customer, old.customer]).toEqual(['exists', 'unverified']);
  });

  it('is dropped when customer responds that the customer is unknown, which itself is not kept', async () => {
    const { directory, circuitBreaker, findById } = await setUp();
    await directory.verify('c-1001');
    findById.mockResolvedValueOnce(undefined);

    const unknown = await directory.verify('c-1001');
    circuitBreaker.transitionToForcedOpenState();

    expect(unknown).toEqual({ customer: 'unknown' });
    expect(await directory.verify('c-1001')).toEqual({ customer: 'unverified' });
  });
});

describe('A closed customer', () => {
  const closed = { id: 'c-1001', status: 'CLOSED' } as const;

  it('is no failure, and is reported to requests and to the reconciler', async () => {
    const { directory, circuitBreaker, ownBreaker, findById } = await setUp();
    findById.mockResolvedValue(closed);

    expect(await directory.verify('c-1001')).toEqual({ customer: 'closed' });
    expect(await directory.verifyFresh('c-1001')).toEqual({ customer: 'closed' });
    for (const { metrics } of [circuitBreaker, ownBreaker])
      expect(metrics).toMatchObject({ bufferedCalls: 1, failedCalls: 0 });
  });

  it('replaces the stale value of the time before, and is itself not kept', async () => {
    const { directory, circuitBreaker, findById } = await setUp();
    await directory.verify('c-1001');
    findById.mockResolvedValueOnce(closed);

    expect(await directory.verify('c-1001')).toEqual({ customer: 'closed' });
    circuitBreaker.transitionToForcedOpenState();

    expect(await directory.verify('c-1001')).toEqual({ customer: 'unverified' });
  });
});

describe('A verification for the reconciler', () => {
  it('is attempted once and never a stale value', async () => {
    const { directory, findById } = await setUp();
    await directory.verify('c-1001');
    findById.mockImplementation(failing);

    await expect(directory.verifyFresh('c-1001')).rejects.toBe(outage);
    expect(findById).toHaveBeenCalledTimes(1 + 1);
  });

  it('is recorded by its own circuit breaker only, and drops an outdated stale value', async () => {
    const { directory, circuitBreaker, ownBreaker, findById } = await setUp();
    await directory.verify('c-1001');
    findById.mockResolvedValue(undefined);

    expect(await directory.verifyFresh('c-1001')).toEqual({ customer: 'unknown' });
    expect([circuitBreaker, ownBreaker].map(({ metrics }) => metrics.bufferedCalls)).toEqual([1, 1]);
    circuitBreaker.transitionToForcedOpenState();
    expect(await directory.verify('c-1001')).toEqual({ customer: 'unverified' });
  });

  it('leaves the trial calls of requests to requests', async () => {
    const { directory, circuitBreaker, clock } = await setUp();
    circuitBreaker.transitionToOpenState();
    clock.advance(10_001);

    for (let call = 1; call <= 5; call += 1) await directory.verifyFresh('c-1001');
    const afterReconciler = circuitBreaker.state;
    for (let call = 1; call <= 3; call += 1) await directory.verify('c-1001');

    expect([afterReconciler, circuitBreaker.state]).toEqual(['OPEN', 'CLOSED']);
  });

  it('does not open the circuit breaker of requests when it fails', async () => {
    const { directory, circuitBreaker, ownBreaker, findById } = await setUp();
    findById.mockImplementation(failing);

    for (let call = 1; call <= 10; call += 1) await expect(directory.verifyFresh('c-1001')).rejects.toBe(outage);

    expect([circuitBreaker.state, ownBreaker.state]).toEqual(['CLOSED', 'OPEN']);
    expect([directory.isSuspect, directory.mayBeCalled]).toEqual([false, false]);
  });

  it.each(['verify', 'verifyFresh'] as const)(
    'knows when customer last verified a customer, after %s',
    async (method) => {
      const { directory, findById } = await setUp();
      const before = directory.msSinceResult;
      findById.mockImplementationOnce(failing);
      await directory.verifyFresh('c-1002').catch(() => {});
      const afterFailure = directory.msSinceResult;

      await directory[method]('c-1001');

      expect([before, afterFailure]).toEqual([Infinity, Infinity]);
      expect(directory.msSinceResult).toBeLessThan(60_000);
    },
  );

  it('is suspect while the circuit breaker of requests is OPEN or HALF_OPEN', async () => {
    const { directory, circuitBreaker } = await setUp();
    const states = [directory.isSuspect];
    circuitBreaker.transitionToOpenState();
    states.push(directory.isSuspect);
    circuitBreaker.transitionToHalfOpenState();
    states.push(directory.isSuspect);

    expect(states).toEqual([false, true, true]);
  });

  it.each(['circuitBreaker', 'ownBreaker'] as const)('is possible unless %s is certain to refuse', async (which) => {
    const { directory, [which]: circuitBreaker, clock } = await setUp();
    const closed = directory.mayBeCalled;
    circuitBreaker.transitionToOpenState();
    const open = directory.mayBeCalled;
    clock.advance(10_000);
    const waited = directory.mayBeCalled;
    circuitBreaker.transitionToForcedOpenState();
    const forcedOpen = directory.mayBeCalled;

    expect({ closed, open, waited, forcedOpen }).toEqual({
      closed: true,
      open: false,
      waited: true,
      forcedOpen: false,
    });
    expect(circuitBreaker.metrics.notPermittedCalls).toBe(0);
  });

  it('is not possible while a trial call of a request is in flight', async () => {
    const { directory, circuitBreaker, findById } = await setUp();
    let respond = (): void => {};
    findById.mockImplementationOnce(() => new Promise((resolve) => (respond = () => resolve(ada))));
    circuitBreaker.transitionToOpenState();
    circuitBreaker.transitionToHalfOpenState();
    const before = directory.mayBeCalled;
    const trialCall = directory.verify('c-1');
    await letPromisesSettle();
    const during = directory.mayBeCalled;
    respond();
    await trialCall;

    expect({ before, during, after: directory.mayBeCalled }).toEqual({ before: true, during: false, after: true });
  });
});
