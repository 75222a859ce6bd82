import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { AdaptiveConcurrencyLimiter } from './adaptive-concurrency-limiter/adaptive-concurrency-limiter.ts';
import { CachedFallback } from './cached-fallback/cached-fallback.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { ConflictingDefinitionError, InvalidOptionsError } from './errors.ts';
import { defaultOrder, definePipeline, Pipeline, type PipelineDefinition, pipeline } from './pipeline.ts';
import { PipelineNotFoundError, PipelineRegistry } from './pipeline.registry.ts';
import type { CallContext, Policy, ProtectedCall, StaleValue } from './policy.ts';
import { TimeLimiter } from './time-limiter/time-limiter.ts';

const neverAborted = new AbortController().signal;

/** Writes down when a call goes in and how it comes out. */
class Recorder implements Policy {
  readonly name: string;
  readonly #journal: string[];

  constructor(name: string, journal: string[] = []) {
    this.name = name;
    this.#journal = journal;
  }

  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    this.#journal.push(`into ${this.name}`);
    try {
      return await call({ signal: context?.signal ?? neverAborted, attempt: (context?.attempt ?? 0) + 1 });
    } finally {
      this.#journal.push(`out of ${this.name}`);
    }
  }
}

describe('A pipeline', () => {
  it('passes the key of a call on to its policies, at any depth', async () => {
    const cachedFallback = new CachedFallback('customer');
    const nested = pipeline('customer', [new Recorder('retry'), pipeline('inner', [cachedFallback])]);
    const mapStale = ({ value, ageMs }: StaleValue<string>) => ({ value, isStale: ageMs >= 0 });
    await nested.withKey('7', { mapStale }).execute(() => 'answer');
    const failing = () => Promise.reject<unknown>(new Error('outage'));

    await expect(nested.withKey('7', { mapStale }).execute(failing)).resolves.toEqual({
      value: 'answer',
      isStale: true,
    });
    await expect(nested.withKey('8').execute(failing)).rejects.toThrow('outage');
    await expect(nested.execute(failing)).rejects.toThrow('outage');
  });

  it('runs the call under its policies, the first outermost', async () => {
    const journal: string[] = [];
    const both = pipeline('customer', [new Recorder('a', journal), new Recorder('b', journal)]);

    const result = await both.execute(() => {
      journal.push('call');
      return 'answer';
    });

    expect(result).toBe('answer');
    expect(journal).toStrictEqual(['into a', 'into b', 'call', 'out of b', 'out of a']);
  });

  it('asks a pipeline in it that has a way of its own to make calls', async () => {
    const journal: string[] = [];
    class Told extends Pipeline {
      override execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
        journal.push(`into ${this.name}`);
        return super.execute(call, context);
      }
    }
    const inner = new Told('inner', [new Recorder('b', journal)]);

    await pipeline('outer', [new Recorder('a', journal), inner]).execute(() => {});

    expect(journal).toEqual(['into a', 'into inner', 'into b', 'out of b', 'out of a']);
  });

  it('hands the context through all of them', async () => {
    const { signal } = new AbortController();
    const both = pipeline('customer', [new Recorder('a'), new Recorder('b')]);

    const seen = await both.execute((context) => [context.signal, context.attempt], { signal, attempt: 5 });

    expect(seen).toStrictEqual([signal, 7]);
  });

  it('decorates a function', async () => {
    const find = pipeline('customer', [new Recorder('a')]).decorate((id: number) => `customer-${id}`);

    await expect(find(7)).resolves.toBe('customer-7');
  });

  it('is not changed by what happens to the list that it was made from', async () => {
    const journal: string[] = [];
    const policies = [new Recorder('a', journal)];
    const one = pipeline('customer', policies);

    policies.push(new Recorder('b', journal));
    await one.execute(() => 1);

    expect(journal).toStrictEqual(['into a', 'out of a']);
  });
});

describe('The description of a pipeline', () => {
  const breaker = new CircuitBreaker('customer', {}, { clock: new FakeClock() });
  const kindred: Policy & { readonly kind: string } = { name: 'customer', kind: 'timeLimiter', execute };

  async function execute(): Promise<never> {
    throw new Error('never called');
  }

  it('is the order as it reads in code', () => {
    expect(pipeline('customer', [breaker, kindred]).describe()).toBe('circuitBreaker(timeLimiter(call))');
    expect(pipeline('customer', []).describe()).toBe('call');
  });

  it('shows the names of policies that are not the pipeline’s own', () => {
    expect(pipeline('orders', [breaker, new Recorder('orders')]).describe()).toBe(
      'circuitBreaker[customer](recorder(call))',
    );
  });

  it('knows a policy without a class by its name', () => {
    expect(pipeline('customer', [{ name: 'audit', execute }]).describe()).toBe('audit(call)');
  });

  it('does not show how pipelines are nested, since that makes no difference', () => {
    const inner = pipeline('inner', [kindred, new Recorder('customer')]);

    expect(pipeline('customer', [breaker, inner]).describe()).toBe('circuitBreaker(timeLimiter(recorder(call)))');
  });

  it('comes with the name when it is made a text', () => {
    expect(String(pipeline('customer', [breaker]))).toBe('customer: circuitBreaker(call)');
  });
});

describe('definePipeline', () => {
  it('puts policies in the default order, however they are written', () => {
    const policies = Object.fromEntries(
      defaultOrder.toReversed().map((place) => [place, { name: place, execute: new Recorder(place).execute }]),
    );

    expect(definePipeline('customer', policies).describe()).toBe(
      'fallback(cachedFallback(retry(circuitBreaker(hedge(rateLimiter(timeLimiter(bulkhead(' +
        'adaptiveConcurrencyLimiter(call)))))))))',
    );
  });

  it('leaves out what is not given', () => {
    const definition = { timeLimiter: new Recorder('t'), retry: new Recorder('r'), hedge: undefined };

    expect(definePipeline('customer', definition).policies.map(({ name }) => name)).toStrictEqual(['r', 't']);
  });

  it('takes a pipeline in any place', () => {
    const fallback = pipeline('customer', [new Recorder('first'), new Recorder('second')]);

    const { policies } = definePipeline('customer', { fallback, retry: new Recorder('r') });

    expect(policies).toStrictEqual([fallback, expect.objectContaining({ name: 'r' })]);
  });

  it('refuses places that do not exist, with the one that was meant, and what is no policy', () => {
    const definition = { retrys: new Recorder('r'), timeLimiter: 5 } as unknown as PipelineDefinition;

    const define = () => definePipeline('customer', definition);

    expect(define).toThrow(InvalidOptionsError);
    expect(define).toThrow('allowed: retry, if that is what you meant');
    expect(define).toThrow('timeLimiter is 5; allowed: a policy');
  });
});

describe('An adaptive concurrency limiter in its place inside a time limiter', () => {
  it('learns of the time-out that it is not told about', async () => {
    const clock = new FakeClock();
    const adaptiveConcurrencyLimiter = new AdaptiveConcurrencyLimiter('customer', { algorithm: 'AIMD' }, { clock });
    const timeLimiter = new TimeLimiter('customer', { timeoutDuration: '1s' }, { clock });
    const customer = definePipeline('customer', { timeLimiter, adaptiveConcurrencyLimiter });

    const result = customer.execute(
      ({ signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError'))),
        ),
    );
    const thrown = result.catch((error: unknown) => error);
    clock.advance(1_000);

    expect(await thrown).toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
    expect(adaptiveConcurrencyLimiter.metrics).toStrictEqual({ limit: 18, inFlight: 0 });
  });
});

describe('A registry of pipelines', () => {
  const policy = new Recorder('a');
  const customer = pipeline('customer', [policy]);

  it('finds what is registered by its name', () => {
    const registry = new PipelineRegistry([customer]);
    const orders = registry.register(pipeline('orders', []));

    expect(registry.pipeline('customer')).toBe(customer);
    expect(registry.find('orders')).toBe(orders);
    expect(registry.all()).toStrictEqual([customer, orders]);
    expect(registry.names()).toStrictEqual(['customer', 'orders']);
  });

  it('refuses to answer for a name that it does not know, and says which it knows', () => {
    const registry = new PipelineRegistry([customer]);

    expect(registry.find('custmer')).toBeUndefined();
    expect(() => registry.pipeline('custmer')).toThrow(PipelineNotFoundError);
    expect(() => registry.pipeline('custmer')).toThrow("'custmer'; known are 'customer'");
  });

  it('takes the same pipeline again, and refuses another of its name', () => {
    const registry = new PipelineRegistry([customer]);

    expect(registry.register(pipeline('customer', [policy]))).toBe(customer);
    expect(() => registry.register(pipeline('customer', [new Recorder('a')]))).toThrow(ConflictingDefinitionError);
    expect(() => registry.register(pipeline('customer', []))).toThrow(ConflictingDefinitionError);
    expect(() => registry.register(pipeline('customer', [policy, policy]))).toThrow(ConflictingDefinitionError);
    expect(registry.pipeline('customer')).toBe(customer);
  });

  it('tells of pipelines that are added and removed', () => {
    const clock = new FakeClock();
    const registry = new PipelineRegistry([], { clock });
    const told: string[] = [];
    registry.on('ENTRY_ADDED', ({ entry }) => told.push(`added ${entry.name}`));
    registry.on('ENTRY_REMOVED', ({ entry }) => told.push(`removed ${entry.name}`));

    registry.register(customer);
    registry.register(customer);
    expect(registry.remove('customer')).toBe(customer);
    expect(registry.remove('customer')).toBeUndefined();

    expect(told).toStrictEqual(['added customer', 'removed customer']);
    expect(registry.find('customer')).toBeUndefined();
  });
});
