// oxlint-disable typescript/no-explicit-any, typescript/no-unsafe-return -- `any` declares no result, as these tests need
import { Injectable, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { defer, firstValueFrom, lastValueFrom, Observable, of, toArray } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { retryOnHttp } from '../core/retry/http-retry.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { currentCallContext } from './call-context.ts';
import { Bulkhead, CircuitBreaker, RateLimiter, Retry } from './decorators.ts';
import { ResilienceRegistries } from './resilience-registries.ts';
import { ResilienceModule } from './resilience.module.ts';
import type { ResilienceModuleOptions } from './resilience.options.ts';

/** Waits until all settled promises have called their handlers. */
const settled = () => new Promise(setImmediate);

let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
});

async function start<T>(provider: Type<T>, options: ResilienceModuleOptions = {}) {
  const application = await Test.createTestingModule({
    imports: [ResilienceModule.forRoot({ env: {}, clock, ...options })],
    providers: [provider],
  }).compile();
  await application.init();
  return { client: application.get(provider), registries: application.get(ResilienceRegistries) };
}

/** Classes of their own, because the kind of a result is remembered once it is known. */
function undeclared() {
  @Injectable()
  class Client {
    calls = 0;
    subscriptions = 0;

    @RateLimiter('limited')
    limited(): any {
      this.calls++;
      return defer(() => of(`subscription ${++this.subscriptions}`));
    }

    @Retry('outer')
    @CircuitBreaker({ name: 'inner', fallbackMethod: 'instead' })
    nested(): any {
      return of('a', 'b');
    }

    @Retry('outer')
    @CircuitBreaker('inner')
    promised(): any {
      return Promise.resolve('promised');
    }

    @Bulkhead('queued')
    queued(result: unknown): any {
      return result;
    }

    instead(): Observable<string> {
      return of('instead of a', 'instead of b');
    }
  }
  return Client;
}

describe('a method without a declared return type', () => {
  it('returns an Observable at its first call, whose subscription uses the permission of the call', async () => {
    const options = { rateLimiter: { configs: { default: { limitForPeriod: 1, timeoutDuration: 0 } } } };
    const { client } = await start(undeclared(), options);

    const values: Observable<string> = client.limited();

    expect(values).toBeInstanceOf(Observable);
    expect(client.subscriptions).toBe(0);
    expect(await lastValueFrom(values)).toBe('subscription 1');
    expect(client.calls).toBe(1);
    await expect(lastValueFrom(values)).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' });
    await expect(lastValueFrom(client.limited())).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' });
  });

  it('releases the permit of a call whose Observable is not subscribed to, and calls the method for a later subscriber', async () => {
    const options = { bulkhead: { instances: { queued: { maxConcurrentCalls: 1 } } } };
    const { client, registries } = await start(undeclared(), options);

    const values: Observable<string> = client.queued(of('late'));
    await settled();
    await settled();

    expect(registries.policies.bulkhead.getOrCreate('queued').metrics.availableConcurrentCalls).toBe(1);
    expect(await lastValueFrom(values)).toBe('late');
  });

  it('returns what can be awaited and subscribed to if the first call is refused', async () => {
    const { client, registries } = await start(undeclared());
    registries.policies.circuitBreaker.getOrCreate('inner').transitionToForcedOpenState();

    expect(await client.nested()).toBe('instead of b');
    expect(await lastValueFrom((client.nested() as Observable<string>).pipe(toArray()))).toStrictEqual([
      'instead of a',
      'instead of b',
    ]);
    await expect(client.promised()).rejects.toMatchObject({ code: 'CALL_NOT_PERMITTED' });
    await expect(lastValueFrom(client.promised() as Observable<string>)).rejects.toMatchObject({
      code: 'CALL_NOT_PERMITTED',
    });
    await expect((client.promised() as Promise<string>).catch(() => 'caught')).resolves.toBe('caught');
    await expect((client.promised() as Promise<string>).finally(() => {})).rejects.toThrow('inner');
  });

  it('can be used by both kinds of callers after the refusal has ended', async () => {
    const { client, registries } = await start(undeclared());
    const breaker = registries.policies.circuitBreaker.getOrCreate('inner');
    breaker.transitionToForcedOpenState();
    await client.nested();
    breaker.transitionToClosedState();

    expect(await lastValueFrom((client.nested() as Observable<string>).pipe(toArray()))).toStrictEqual(['a', 'b']);
    expect(await client.promised()).toBe('promised');
    expect(breaker.metrics.successfulCalls).toBe(2);
  });

  it.each([
    ['a promise', () => Promise.resolve('b'), ['b']],
    ['an Observable', () => of('a', 'b'), ['a', 'b']],
  ])('returns what can be awaited and subscribed to if the first call waits: %s', async (_, result, values) => {
    const options = { bulkhead: { instances: { queued: { maxConcurrentCalls: 1, maxWaitDuration: '1s' } } } };
    for (const use of ['await', 'subscribe'] as const) {
      const { client, registries } = await start(undeclared(), options);
      let release = () => {};
      const occupied = new Promise<void>((resolve) => (release = resolve));
      void registries.policies.bulkhead.getOrCreate('queued').execute(() => occupied);
      const waiting = client.queued(result());
      const used =
        use === 'await' ? Promise.resolve(waiting) : lastValueFrom((waiting as Observable<string>).pipe(toArray()));
      await settled();
      release();

      expect(await used).toStrictEqual(use === 'await' ? 'b' : values);
    }
  });
});

describe.each([
  ['retryOnHttp', retryOnHttp({ method: 'GET' })],
  ['a classification', { classification: 'http' as const }],
])('a retry of values of an Observable by %s', (_title, selection) => {
  class Response {
    readonly status: number;

    constructor(status: number) {
      this.status = status;
    }
  }

  @Injectable()
  class Client {
    attempts = 0;

    @Retry({ name: 'http', request: { method: 'GET' } })
    get(statuses: number[]): Observable<Response> {
      return defer(() => of(...this.#responses(statuses)));
    }

    @Retry({ name: 'http', request: { method: 'GET' } })
    fail(): Observable<Response> {
      return defer(() => {
        this.attempts = currentCallContext().attempt;
        throw Object.assign(new Error('unavailable'), { response: { status: 503, headers: { 'retry-after': '7' } } });
      });
    }

    #responses(statuses: number[]): Response[] {
      this.attempts = currentCallContext().attempt;
      return [new Response(statuses[Math.min(this.attempts, statuses.length) - 1]!)];
    }
  }

  const options = { retry: { instances: { http: { waitDuration: 100, ...selection } } } };

  it('repeats a selected response, and emits only the accepted one', async () => {
    const { client } = await start(Client, options);
    const responses = lastValueFrom(client.get([503, 200]).pipe(toArray()));
    await clock.advanceAsync(100);

    expect(await responses).toStrictEqual([new Response(200)]);
    expect(client.attempts).toBe(2);
  });

  it('emits the selected response of the last attempt', async () => {
    const { client } = await start(Client, options);
    const response = firstValueFrom(client.get([503]));
    await clock.advanceAsync(200);

    expect(await response).toStrictEqual(new Response(503));
    expect(client.attempts).toBe(3);
  });

  it('repeats a selected error after the wait that it requests', async () => {
    const { client } = await start(Client, options);
    const response = firstValueFrom(client.fail());
    response.catch(() => {});
    await clock.advanceAsync(6_999);
    expect(client.attempts).toBe(1);
    await clock.advanceAsync(7_001);

    await expect(response).rejects.toThrow('unavailable');
    expect(client.attempts).toBe(3);
  });
});

describe('a retry by a classification, of an Observable whose request may not be repeated', () => {
  @Injectable()
  class Client {
    calls = 0;

    @Retry({ name: 'http', request: { method: 'POST' } })
    post(): Observable<{ readonly status: number }> {
      return defer(() => {
        this.calls++;
        return of({ status: 503 });
      });
    }
  }

  it('emits the response of the only attempt', async () => {
    const { client } = await start(Client, { retry: { instances: { http: { classification: 'http' } } } });

    expect(await lastValueFrom(client.post().pipe(toArray()))).toStrictEqual([{ status: 503 }]);
    expect(client.calls).toBe(1);
  });
});
