import { Deadline, registryToken } from '@breakwater/resilience';
import { ResilienceModule, runInCallContext } from '@breakwater/resilience/nest';
import { FakeClock } from '@breakwater/resilience/testing';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CustomerDirectory } from './customer-directory.ts';
import { CustomerUnavailableError } from './customer-unavailable.error.ts';
import { CustomerClient } from './customer.client.ts';
import { customerPolicies } from './no-answer.ts';

type FindById = CustomerClient['findById'];

const ada = { id: 'c-1001', status: 'ACTIVE' };
const outage = new CustomerUnavailableError('customer answered 503');

/** The directory under the policies of resilience.yml, before a customer that does as it is told. */
async function setUp(env: Readonly<Record<string, string>> = {}) {
  const findById = vi.fn<FindById>(async () => ada);
  const clock = new FakeClock();
  @Module({
    imports: [
      ResilienceModule.forRoot({
        configFiles: [new URL('../../resilience.yml', import.meta.url)],
        clock,
        env,
        ...customerPolicies,
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
  return { directory: app.get(CustomerDirectory), circuitBreaker, findById, clock };
}

/** Lets all that needs no time happen, and then some time pass. */
const letWaitsEnd = async (clock: FakeClock, durationMs = 1_000): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(durationMs);
};

const failing: FindById = () => Promise.reject(outage);
const hanging: FindById = (_, context) =>
  new Promise((_resolve, reject) => {
    context?.signal?.addEventListener('abort', () => reject(context.signal?.reason as Error));
  });

describe('A question for a request', () => {
  it('is answered by customer, with the time of day, whatever time policies go by', async () => {
    const { directory } = await setUp();
    const before = Date.now();

    const verification = await directory.verify('c-1001');

    expect(verification).toEqual({ verdict: 'exists', verifiedAt: expect.any(Date) as Date, verifiedBy: 'CUSTOMER' });
    const { verifiedAt } = verification as { verifiedAt: Date };
    expect(verifiedAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(verifiedAt.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('is asked a second time when customer fails, after a short wait, and the circuit breaker sees both', async () => {
    const { directory, circuitBreaker, findById, clock } = await setUp();
    findById.mockRejectedValueOnce(outage);

    const verifying = directory.verify('c-1001');
    await letWaitsEnd(clock, 160);

    expect(await verifying).toMatchObject({ verdict: 'exists', verifiedBy: 'CUSTOMER' });
    expect(circuitBreaker.metrics).toMatchObject({ bufferedCalls: 2, failedCalls: 1 });
  });

  it('is asked no third time', async () => {
    const { directory, findById, clock } = await setUp();
    findById.mockImplementation(failing);

    const verifying = directory.verify('c-1001');
    await letWaitsEnd(clock);

    expect(await verifying).toEqual({ verdict: 'unverified' });
    expect(findById).toHaveBeenCalledTimes(2);
  });

  it('is not asked again when it took too long, nor when a policy refuses it', async () => {
    const { directory, circuitBreaker, findById, clock } = await setUp();
    findById.mockImplementation(hanging);

    const verifying = directory.verify('c-1001');
    await letWaitsEnd(clock, 3_000);
    const late = await verifying;
    circuitBreaker.transitionToForcedOpenState();
    const refused = await directory.verify('c-1001');

    expect([late, refused]).toEqual([{ verdict: 'unverified' }, { verdict: 'unverified' }]);
    expect(findById).toHaveBeenCalledTimes(1);
  });

  it('is not asked again beyond the budget for it', async () => {
    const { directory, circuitBreaker, findById, clock } = await setUp({
      RESILIENCE4J_RETRYBUDGET_INSTANCES_CUSTOMER_MINRETRIESPERSECOND: '0',
    });
    circuitBreaker.transitionToDisabledState();
    for (let call = 1; call <= 4; call += 1) await directory.verify('c-1001');
    findById.mockImplementation(failing);

    // The fifth call makes the fifth part of a retry a whole one; the sixth finds it spent.
    const fifth = directory.verify('c-1002');
    await letWaitsEnd(clock);
    await fifth;
    await directory.verify('c-1002');

    expect(findById).toHaveBeenCalledTimes(4 + 2 + 1);
  });

  it('is over when the request’s deadline is, second attempt included', async () => {
    const { directory, findById, clock } = await setUp();
    findById.mockImplementation(failing);
    const deadline = Deadline.after('40ms', clock);

    expect(await runInCallContext({ deadline }, () => directory.verify('c-1001'))).toEqual({ verdict: 'unverified' });
    expect(findById).toHaveBeenCalledTimes(1);
  });

  it('is no excuse for a mistake of ours', async () => {
    const { directory, findById } = await setUp();
    await directory.verify('c-1001');
    findById.mockRejectedValue(new TypeError('a bug'));

    await expect(directory.verify('c-1001')).rejects.toThrow('a bug');
  });
});

describe('The last good answer', () => {
  it('is given while customer cannot be asked, with the time at which customer was', async () => {
    const { directory, circuitBreaker } = await setUp();
    const asked = await directory.verify('c-1001');
    circuitBreaker.transitionToForcedOpenState();

    expect(await directory.verify('c-1001')).toEqual({ ...asked, verifiedBy: 'LAST_GOOD' });
    expect(await directory.verify('c-1002')).toEqual({ verdict: 'unverified' });
  });

  it('is given only after the second attempt has failed as well', async () => {
    const { directory, findById, clock } = await setUp();
    await directory.verify('c-1001');
    findById.mockImplementation(failing);

    const verifying = directory.verify('c-1001');
    await letWaitsEnd(clock);

    expect(await verifying).toMatchObject({ verdict: 'exists', verifiedBy: 'LAST_GOOD' });
    expect(findById).toHaveBeenCalledTimes(1 + 2);
  });

  it('is given for ten minutes', async () => {
    const { directory, circuitBreaker, clock } = await setUp();
    await directory.verify('c-1001');
    circuitBreaker.transitionToForcedOpenState();

    clock.advance(600_000);
    const young = await directory.verify('c-1001');
    clock.advance(1);
    const old = await directory.verify('c-1001');

    expect([young.verdict, old.verdict]).toEqual(['exists', 'unverified']);
  });

  it('is forgotten when customer says that there is no such customer, which itself is never remembered', async () => {
    const { directory, circuitBreaker, findById } = await setUp();
    await directory.verify('c-1001');
    findById.mockResolvedValueOnce(undefined);

    const unknown = await directory.verify('c-1001');
    circuitBreaker.transitionToForcedOpenState();

    expect(unknown).toEqual({ verdict: 'unknown' });
    expect(await directory.verify('c-1001')).toEqual({ verdict: 'unverified' });
  });
});

describe('A question of somebody who can come back later', () => {
  it('is asked once, and never answered from memory', async () => {
    const { directory, findById } = await setUp();
    await directory.verify('c-1001');
    findById.mockImplementation(failing);

    await expect(directory.ask('c-1001')).rejects.toBe(outage);
    expect(findById).toHaveBeenCalledTimes(1 + 1);
  });

  it('counts for the circuit breaker that protects requests, and makes it forget what is wrong', async () => {
    const { directory, circuitBreaker, findById } = await setUp();
    await directory.verify('c-1001');
    findById.mockResolvedValue(undefined);

    expect(await directory.ask('c-1001')).toEqual({ verdict: 'unknown' });
    expect(circuitBreaker.metrics.bufferedCalls).toBe(2);
    circuitBreaker.transitionToForcedOpenState();
    expect(await directory.verify('c-1001')).toEqual({ verdict: 'unverified' });
  });

  it('may be asked unless the circuit breaker is sure to refuse it', async () => {
    const { directory, circuitBreaker, clock } = await setUp();
    const closed = directory.mayBeAsked;
    circuitBreaker.transitionToOpenState();
    const open = directory.mayBeAsked;
    clock.advance(10_000);
    const waited = directory.mayBeAsked;
    circuitBreaker.transitionToForcedOpenState();
    const forcedOpen = directory.mayBeAsked;

    expect({ closed, open, waited, forcedOpen }).toEqual({
      closed: true,
      open: false,
      waited: true,
      forcedOpen: false,
    });
    expect(circuitBreaker.metrics.notPermittedCalls).toBe(0);
  });
});
