import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { Bulkhead as BulkheadPolicy } from '../core/bulkhead/bulkhead.ts';
import { CircuitBreaker as CircuitBreakerPolicy } from '../core/circuit-breaker/circuit-breaker.ts';
import { InvalidOptionsError } from '../core/errors.ts';
import { type PipelineKind, pipelineKindsOf } from '../core/policies.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { CircuitBreaker, Retry, UsePipeline } from './decorators.ts';
import { policyDecorator } from './policy-decorator.ts';
import { callProtected } from './protected-call.ts';
import { ResilienceModule } from './resilience.module.ts';

async function faultsOf(provider: new () => object) {
  const application = await Test.createTestingModule({
    imports: [ResilienceModule.forRoot({ env: {}, pipelines: { rows: ['circuitBreaker'] } })],
    providers: [provider],
  }).compile();
  const error: unknown = await application.init().catch((caught: unknown) => caught);
  if (error instanceof InvalidOptionsError) return error.faults;
  throw new Error('The application should not have started.', { cause: error });
}

const allowed = 'a method that returns a Promise or an Observable';

describe('a decorated generator (tenacity#63)', () => {
  const kinds: readonly (PipelineKind | 'pipeline')[] = [...pipelineKindsOf(), 'pipeline'];

  it.each(kinds)('is refused at start-up with class and method: %s', async (kind) => {
    @Injectable()
    class Rows {
      @policyDecorator(kind, '@Policy', 'rows')
      async *rows() {
        yield 1;
      }

      @policyDecorator(kind, '@Policy', 'rows')
      *values() {
        yield 1;
      }
    }

    expect(await faultsOf(Rows)).toStrictEqual([
      { option: 'Rows.rows: method under @Policy', given: 'an async generator', allowed },
      { option: 'Rows.values: method under @Policy', given: 'a generator', allowed },
    ]);
  });

  it('is refused once under several decorators, and when it is inherited', async () => {
    class Base {
      @Retry('rows')
      @CircuitBreaker('rows')
      async *rows() {
        yield 1;
      }
    }
    @Injectable()
    class Rows extends Base {}

    expect(await faultsOf(Rows)).toStrictEqual([
      { option: 'Rows.rows: method under @CircuitBreaker', given: 'an async generator', allowed },
    ]);
  });

  it('is refused as a fallback method and as a stale method', async () => {
    @Injectable()
    class Rows {
      @CircuitBreaker({ name: 'rows', fallbackMethod: 'none' })
      async find(): Promise<number> {
        return 1;
      }

      @UsePipeline({ name: 'stale', key: () => 'all', staleMethod: 'noValues' })
      async all(): Promise<number> {
        return 1;
      }

      async *none() {
        yield 0;
      }

      *noValues() {
        yield 0;
      }
    }
    const application = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ env: {}, pipelines: { stale: ['cachedFallback'] } })],
      providers: [Rows],
    }).compile();

    await expect(application.init()).rejects.toThrow(
      [
        'The use of resilience decorators has 2 invalid options:',
        "  - Rows.find: fallbackMethod of @CircuitBreaker is 'none', which is an async generator; allowed: a method without yield",
        "  - Rows.all: staleMethod of @UsePipeline is 'noValues', which is a generator; allowed: a method without yield",
      ].join('\n'),
    );
  });
});

describe('a method that returns a generator or a stream without declaring it', () => {
  const rethrow = (error: unknown) => {
    throw error;
  };

  it.each([
    ['an async generator', () => (async function* rows() {})()],
    ['a generator', () => (function* rows() {})()],
    ['a stream', () => Readable.from([1])],
    ['an async iterable', () => ({ [Symbol.asyncIterator]: () => [].values() })],
  ])('throws synchronously, because a promise of %s is no iterable', (_, call) => {
    const circuitBreaker = new CircuitBreakerPolicy('rows', {}, { clock: new FakeClock() });

    expect(() => callProtected(circuitBreaker, call, rethrow)).toThrow(
      "A method protected by CircuitBreaker 'rows' returned an iterator or a stream, which cannot be protected.",
    );
  });

  it('rejects if the call was queued, and calls no fallback', async () => {
    const bulkhead = new BulkheadPolicy(
      'rows',
      { maxConcurrentCalls: 1, maxWaitDuration: '1s' },
      { clock: new FakeClock() },
    );
    bulkhead.tryAcquirePermission();
    const result = callProtected(
      bulkhead,
      () => Readable.from([1]),
      () => 'fallback',
    );

    bulkhead.onComplete();

    await expect(result).rejects.toThrow(TypeError);
  });

  it.each([
    ['a promise of a stream', async () => Readable.from([1])],
    ['an array', () => [1]],
    [
      'a query that is a thenable and an async iterable',
      () =>
        Object.assign(Readable.from([1]), Promise.resolve([1]), {
          // oxlint-disable-next-line unicorn/no-thenable -- as queries of ORMs are
          then: (resolve: (rows: number[]) => void) => resolve([1]),
        }),
    ],
  ])('does not apply to %s', async (_, call) => {
    const circuitBreaker = new CircuitBreakerPolicy('rows', {}, { clock: new FakeClock() });

    await callProtected(circuitBreaker, call, rethrow);

    expect(circuitBreaker.metrics.successfulCalls).toBe(1);
  });
});
