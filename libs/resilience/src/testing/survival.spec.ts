import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import { pipeline } from '../core/pipeline.ts';
import type { Policy } from '../core/policy.ts';
import { Retry } from '../core/retry/retry.ts';
import { TimeLimiter } from '../core/time-limiter/time-limiter.ts';
import { InvalidOptionsError } from '../core/errors.ts';
import { CircuitBreaker as Protected, TimeLimiter as Limited } from '../nest/decorators.ts';
import { ResilienceModule } from '../nest/resilience.module.ts';
import { FakeClock } from './fake-clock.ts';
import { outage, type OutageOptions } from './outage.ts';
import { toSurvive } from './survival.ts';

expect.extend({ toSurvive });

const quick = { slidingWindowSize: 10, minimumNumberOfCalls: 10, waitDurationInOpenState: '20s' } as const;

/** A service with its policies, and an outage of what it calls. */
function scene(policiesOn: (clock: FakeClock) => readonly Policy[], options: Partial<OutageOptions<never>> = {}) {
  const clock = new FakeClock();
  const http = { get: () => Promise.resolve('response') };
  const service = {
    calls: pipeline('customer', policiesOn(clock)),
    verify: () => service.calls.execute(() => http.get()),
  };
  const given = outage({ clock, dependency: [http, 'get'], call: () => service.verify(), ...options });
  return { service, http, given };
}

const breaker = (clock: FakeClock, options = {}) =>
  new CircuitBreaker('customer', { ...quick, slowCallDurationThreshold: '2s', ...options }, { clock });
const limiter = (clock: FakeClock, timeoutDuration = '1s') =>
  new TimeLimiter('customer', { timeoutDuration }, { clock });
const retry = (clock: FakeClock) => new Retry('customer', { maxAttempts: 3, waitDuration: '500ms' }, { clock });

const messageOf = async (survival: Promise<void>) =>
  survival.then(
    () => 'passed',
    (error: unknown) => (error as Error).message,
  );

describe('toSurvive', () => {
  it('passes for a service with a time limit and a circuit breaker', async () => {
    const { service, given } = scene((clock) => [breaker(clock), limiter(clock)]);

    await expect(service).toSurvive(given);
  });

  it('fails for calls that never settle, and names the causes that this can have', async () => {
    const { service, given } = scene((clock) => [breaker(clock)]);

    expect(await messageOf(expect(service).toSurvive(given))).toContain(
      '✗ settled calls: 0 of 600 at most 1 min after the outage. The clock of the policies must be that of the outage',
    );
  });

  it('fails without a circuit breaker, and prints the time to protect and the attempts', async () => {
    const { service, given } = scene((clock) => [limiter(clock)], { timeToProtect: '3s' });

    expect(await messageOf(expect(service).toSurvive(given))).toBe(
      [
        'Calls for 1 min, 10 per second, while the dependency is down:',
        '  ✓ settled calls: 600 of 600 at most 1 min after the outage.',
        '  ✗ time to protect: never: each call reached the dependency; allowed: at most 3 s.',
        '  ✓ attempts per arrival: 1.00 (600 for 600 calls); allowed: below 1.2.',
      ].join('\n'),
    );
  });

  it('fails if protection sets in later than the slow-call threshold + 1 s', async () => {
    const slow = scene((clock) => [
      breaker(clock, { minimumNumberOfCalls: 40, slidingWindowSize: 40 }),
      limiter(clock),
    ]);

    expect(await messageOf(expect(slow.service).toSurvive(slow.given))).toBe(
      [
        'Calls for 1 min, 10 per second, while the dependency is down:',
        '  ✓ settled calls: 600 of 600 at most 1 min after the outage.',
        '  ✗ time to protect: 4.9 s; allowed: at most 3 s (slow-call threshold 2 s + 1 s).',
        '  ✓ attempts per arrival: 0.12 (69 for 600 calls); allowed: below 1.2.',
      ].join('\n'),
    );
  });

  it('fails if a retry without circuit breaker multiplies the calls', async () => {
    const { service, given } = scene((clock) => [retry(clock)], { error: new Error('outage'), timeToProtect: '3s' });

    expect(await messageOf(expect(service).toSurvive(given))).toContain(
      '✗ attempts per arrival: 3.00 (1800 for 600 calls); allowed: below 1.2.',
    );
  });

  it('applies timeToProtect, callsPerArrival, rate and duration of the outage', async () => {
    const protectedBy = (clock: FakeClock) => [breaker(clock), limiter(clock)];
    const early = scene(protectedBy, { timeToProtect: '1s' });
    const few = scene(protectedBy, { callsPerArrival: 0.01 });
    const short = scene(protectedBy, { ratePerSecond: 2, duration: '5s' });

    expect(await messageOf(expect(early.service).toSurvive(early.given))).toMatch(/✗ time to protect: .*at most 1 s\./);
    expect(await messageOf(expect(few.service).toSurvive(few.given))).toContain('allowed: below 0.01.');
    expect(await messageOf(expect(short.service).toSurvive(short.given))).toContain('(10 for 10 calls)');
  });

  it('supports not', async () => {
    const { service, given } = scene((clock) => [limiter(clock)], { timeToProtect: '3s' });

    await expect(service).not.toSurvive(given);
  });

  it('finds the circuit breaker of a class with decorators, and calls an HTTP client with Observables', async () => {
    const clock = new FakeClock();
    const http = { get: (): Observable<string> => from(['response']) };
    @Injectable()
    class CustomerClient {
      @Protected({ name: 'customer', fallbackMethod: 'unverified' })
      @Limited('customer')
      async verify(): Promise<string> {
        return firstValueFrom(http.get());
      }

      unverified(): string {
        return 'unverified';
      }
    }
    const instances = { customer: { ...quick, slowCallDurationThreshold: '2s' } };
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ clock, circuitBreaker: { instances } })],
      providers: [CustomerClient],
    }).compile();
    const client = module.get(CustomerClient);
    const down = (latency: string) =>
      outage({
        clock,
        dependency: [http, 'get'],
        call: (service: CustomerClient) => service.verify(),
        latency,
        returns: from,
      });

    await expect(client).toSurvive(down('30s'));
    expect(await messageOf(expect(client).not.toSurvive(down('30s')))).toContain('(slow-call threshold 2 s + 1 s)');
  });

  it.each([{ error: new Error('outage') }, {}, { latency: '5s', response: 'late' }])(
    'restores the dependency after an outage with %j, and leaves own and inherited methods as they were',
    async (how) => {
      class Http {
        get(): Promise<string> {
          return Promise.resolve('response');
        }
      }
      const http = new Http();
      const clock = new FakeClock();
      const call = vi.fn(() => http.get());

      await toSurvive(
        {},
        outage({ clock, dependency: [http, 'get'], call, timeToProtect: '1s', duration: '1s', ...how }),
      );

      expect(call).toHaveBeenCalledTimes(10);
      expect(Object.keys(http)).toStrictEqual([]);
      await expect(http.get()).resolves.toBe('response');
    },
  );

  it('refuses an outage that no call notices', async () => {
    const { service, given } = scene(() => [], { call: () => 'cached' });

    await expect(toSurvive(service, given)).rejects.toThrow(
      "No call of the service called the dependency's method 'get'",
    );
  });

  it('asks for timeToProtect if it finds no circuit breaker', async () => {
    const { service, given } = scene((clock) => [limiter(clock)]);

    await expect(toSurvive(service, given)).rejects.toThrow('Give the outage a timeToProtect');
  });
});

describe('outage', () => {
  it('rejects invalid options with every fault', () => {
    const invalid = { dependency: [{}, 'get'], rate: 5, duration: 0, clock: {} } as never;

    expect(() => outage(invalid)).toThrow(InvalidOptionsError);
    expect(() => outage(invalid)).toThrow(/clock is .*dependency is .*call is missing/s);
    expect(() => outage(invalid)).toThrow(/rate is not an option; allowed: clock, .*ratePerSecond/);
    expect(() => outage(invalid)).toThrow(/duration is 0; allowed: a duration above 0 ms/);
  });
});
