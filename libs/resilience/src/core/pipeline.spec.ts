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

/** Records when a call enters and leaves it. */
class Recorder implements Policy {
  readonly name: string;
  readonly #log: string[];

  constructor(name: string, log: string[] = []) {
    this.name = name;
    this.#log = log;
  }

  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    this.#log.push(`enter ${this.name}`);
    try {
      return await call({ signal: context?.signal ?? neverAborted, attempt: (context?.attempt ?? 0) + 1 });
    } finally {
      this.#log.push(`leave ${this.name}`);
    }
  }
}

describe('Pipeline.execute', () => {
  it('passes the key of a call to its policies at any depth', async () => {
    const cachedFallback = new CachedFallback('customer');
    const nested = pipeline('customer', [new Recorder('retry'), pipeline('inner', [cachedFallback])]);
    const mapStale = ({ value, ageMs }: StaleValue<string>) => ({ value, isStale: ageMs >= 0 });
    await nested.withKey('7', { mapStale }).execute(() => 'response');
    const failing = () => Promise.reject<unknown>(new Error('outage'));

    await expect(nested.withKey('7', { mapStale }).execute(failing)).resolves.toEqual({
      value: 'response',
      isStale: true,
    });
    await expect(nested.withKey('8').execute(failing)).rejects.toThrow('outage');
    await expect(nested.execute(failing)).rejects.toThrow('outage');
  });

  it('runs the call under its policies, the first one outermost', async () => {
    const log: string[] = [];
    const both = pipeline('customer', [new Recorder('a', log), new Recorder('b', log)]);

    const result = await both.execute(() => {
      log.push('call');
      return 'response';
    });

    expect(result).toBe('response');
    expect(log).toStrictEqual(['enter a', 'enter b', 'call', 'leave b', 'leave a']);
  });

  it('calls execute of a nested pipeline that overrides it', async () => {
    const log: string[] = [];
    class OverridingPipeline extends Pipeline {
      override execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
        log.push(`enter ${this.name}`);
        return super.execute(call, context);
      }
    }
    const inner = new OverridingPipeline('inner', [new Recorder('b', log)]);

    await pipeline('outer', [new Recorder('a', log), inner]).execute(() => {});

    expect(log).toEqual(['enter a', 'enter inner', 'enter b', 'leave b', 'leave a']);
  });

  it('passes the context through all policies', async () => {
    const { signal } = new AbortController();
    const both = pipeline('customer', [new Recorder('a'), new Recorder('b')]);

    const seen = await both.execute((context) => [context.signal, context.attempt], { signal, attempt: 5 });

    expect(seen).toStrictEqual([signal, 7]);
  });

  it('runs a decorated function under its policies', async () => {
    const find = pipeline('customer', [new Recorder('a')]).decorate((id: number) => `customer-${id}`);

    await expect(find(7)).resolves.toBe('customer-7');
  });

  it('keeps `this`, the name and the parameters of a decorated function', async () => {
    const customer = {
      prefix: 'customer',
      find(id: number) {
        return `${this.prefix}-${id}`;
      },
    };
    const { find } = customer;
    const decorated = pipeline('customer', [new Recorder('a')]).decorate(find);

    expect([decorated.name, decorated.length]).toStrictEqual(['find', 1]);
    await expect(decorated.call(customer, 7)).resolves.toBe('customer-7');
  });

  it('makes no call for a caller that has already aborted', async () => {
    const log: string[] = [];
    const aborted = pipeline('customer', [new Recorder('a', log)]);

    await expect(aborted.execute(() => log.push('call'), { signal: AbortSignal.abort('gone') })).rejects.toBe('gone');

    expect(log).toStrictEqual([]);
  });

  it('fills in attempt 1 and a signal that is never aborted', async () => {
    const seen = await pipeline('customer', []).execute(({ attempt, signal }) => [attempt, signal.aborted]);

    expect(seen).toStrictEqual([1, false]);
  });

  it('rejects with what a call throws synchronously', async () => {
    const failing = pipeline('customer', []).execute(() => {
      throw new Error('outage');
    });

    await expect(failing).rejects.toThrow('outage');
  });

  it('keeps its name and its other policies with a key', () => {
    const recorder = new Recorder('a');
    const keyed = pipeline('customer', [recorder, new CachedFallback('customer')]).withKey('7');

    expect(keyed.name).toBe('customer');
    expect(keyed.policies[0]).toBe(recorder);
    expect(keyed.policies).toHaveLength(2);
  });

  it('has a list of policies that cannot be changed', () => {
    expect(Object.isFrozen(pipeline('customer', [new Recorder('a')]).policies)).toBe(true);
    expect(Object.isFrozen(defaultOrder)).toBe(true);
  });

  it('ignores later changes to the list of policies that it was created with', async () => {
    const log: string[] = [];
    const policies = [new Recorder('a', log)];
    const one = pipeline('customer', policies);

    policies.push(new Recorder('b', log));
    await one.execute(() => 1);

    expect(log).toStrictEqual(['enter a', 'leave a']);
  });
});

describe('Pipeline.describe', () => {
  const breaker = new CircuitBreaker('customer', {}, { clock: new FakeClock() });
  const policyWithKind: Policy & { readonly kind: string } = { name: 'customer', kind: 'timeLimiter', execute };

  async function execute(): Promise<never> {
    throw new Error('never called');
  }

  it('returns the order as nested calls', () => {
    expect(pipeline('customer', [breaker, policyWithKind]).describe()).toBe('circuitBreaker(timeLimiter(call))');
    expect(pipeline('customer', []).describe()).toBe('call');
  });

  it('shows the names of policies that differ from the name of the pipeline', () => {
    expect(pipeline('orders', [breaker, new Recorder('orders')]).describe()).toBe(
      'circuitBreaker[customer](recorder(call))',
    );
  });

  it('shows a policy without a class by its name', () => {
    expect(pipeline('customer', [{ name: 'audit', execute }]).describe()).toBe('audit(call)');
    const anonymous = new (class {
      readonly name = 'audit';
      readonly execute = execute;
    })();
    expect(pipeline('customer', [anonymous]).describe()).toBe('audit(call)');
  });

  it('shows a policy without a name of its own by its kind alone', () => {
    expect(pipeline('orders', [{ name: 'audit', kind: 'audit', execute } as Policy]).describe()).toBe('audit(call)');
  });

  it('ignores a kind that is no text', () => {
    expect(pipeline('customer', [{ name: 'audit', kind: 5, execute } as Policy]).describe()).toBe('audit(call)');
  });

  it('shows nested pipelines as one flat order', () => {
    const inner = pipeline('inner', [policyWithKind, new Recorder('customer')]);

    expect(pipeline('customer', [breaker, inner]).describe()).toBe('circuitBreaker(timeLimiter(recorder(call)))');
  });

  it('follows the name of the pipeline in toString', () => {
    expect(String(pipeline('customer', [breaker]))).toBe('customer: circuitBreaker(call)');
  });
});

describe('definePipeline', () => {
  it('puts policies in the default order, regardless of the order of the keys', () => {
    const policies = Object.fromEntries(
      defaultOrder.toReversed().map((kind) => [kind, { name: kind, execute: new Recorder(kind).execute }]),
    );

    expect(definePipeline('customer', policies).describe()).toBe(
      'fallback(cachedFallback(deadline(retry(circuitBreaker(hedge(rateLimiter(timeLimiter(bulkhead(' +
        'adaptiveConcurrencyLimiter(endpointPool(call)))))))))))',
    );
  });

  it('leaves out policies that are not given', () => {
    const definition = { timeLimiter: new Recorder('t'), retry: new Recorder('r'), hedge: undefined };

    expect(definePipeline('customer', definition).policies.map(({ name }) => name)).toStrictEqual(['r', 't']);
  });

  it('accepts a pipeline instead of a policy of any kind', () => {
    const fallback = pipeline('customer', [new Recorder('first'), new Recorder('second')]);

    const { policies } = definePipeline('customer', { fallback, retry: new Recorder('r') });

    expect(policies).toStrictEqual([fallback, expect.objectContaining({ name: 'r' })]);
  });

  it('refuses an unknown kind, suggests the nearest one, and refuses a value that is not a policy', () => {
    const definition = { retrys: new Recorder('r'), timeLimiter: 5 } as unknown as PipelineDefinition;

    const define = () => definePipeline('customer', definition);

    expect(define).toThrow(InvalidOptionsError);
    expect(define).toThrow('allowed: retry, if that is what you meant');
    expect(define).toThrow('timeLimiter is 5; allowed: a policy');
    expect(define).toThrow(
      "Pipeline 'customer' has 2 invalid options:\n  - retrys is not a policy of the default order;",
    );
  });

  it('lists all kinds in their order for a kind that is near none of them', () => {
    expect(() => definePipeline('customer', { x: new Recorder('r') } as PipelineDefinition)).toThrow(
      `x is not a policy of the default order; allowed: ${defaultOrder.join(', ')}`,
    );
  });

  it.each([
    ['null', null, 'null'],
    ['an object that does not execute calls', {}, '[object Object]'],
    ['a text', 'off', 'off'],
  ])('refuses %s as a policy', (_what, value, text) => {
    expect(() => definePipeline('customer', { retry: value } as unknown as PipelineDefinition)).toThrow(
      `retry is ${text}; allowed: a policy`,
    );
  });
});

describe('An adaptive concurrency limiter inside a time limiter', () => {
  it('lowers its limit when the time limiter aborts a call', async () => {
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

  it('finds registered pipelines by name', () => {
    const registry = new PipelineRegistry([customer]);
    const orders = registry.register(pipeline('orders', []));

    expect(registry.pipeline('customer')).toBe(customer);
    expect(registry.find('orders')).toBe(orders);
    expect(registry.all()).toStrictEqual([customer, orders]);
    expect(registry.names()).toStrictEqual(['customer', 'orders']);
  });

  it('throws PipelineNotFoundError with the known names for an unknown name', () => {
    const registry = new PipelineRegistry([customer]);

    expect(registry.find('custmer')).toBeUndefined();
    expect(() => registry.pipeline('custmer')).toThrow(PipelineNotFoundError);
    expect(() => registry.pipeline('custmer')).toThrow(
      "There is no pipeline named 'custmer'; the registered pipelines are 'customer'. Register it before its first use.",
    );
    registry.register(pipeline('orders', []));
    expect(() => registry.pipeline('custmer')).toThrow("the registered pipelines are 'customer', 'orders'.");
    expect(() => new PipelineRegistry().pipeline('custmer')).toThrow(
      expect.objectContaining({
        code: 'PIPELINE_NOT_FOUND',
        pipelineName: 'custmer',
        message: "There is no pipeline named 'custmer'; none is registered. Register it before its first use.",
      }),
    );
  });

  it('accepts the same pipeline again and refuses a different one with the same name', () => {
    const registry = new PipelineRegistry([customer]);

    expect(registry.register(pipeline('customer', [policy]))).toBe(customer);
    expect(() => registry.register(pipeline('customer', [new Recorder('a')]))).toThrow(ConflictingDefinitionError);
    expect(() => registry.register(pipeline('customer', []))).toThrow(ConflictingDefinitionError);
    expect(() => registry.register(pipeline('customer', []))).toThrow(
      "Pipeline 'customer' exists already with other options (policies).",
    );
    expect(() => registry.register(pipeline('customer', [policy, policy]))).toThrow(ConflictingDefinitionError);
    registry.register(pipeline('orders', [policy, policy]));
    expect(() => registry.register(pipeline('orders', [policy, new Recorder('b')]))).toThrow(
      ConflictingDefinitionError,
    );
    expect(registry.pipeline('customer')).toBe(customer);
  });

  it('emits ENTRY_ADDED and ENTRY_REMOVED', () => {
    const clock = new FakeClock();
    const registry = new PipelineRegistry([], { clock });
    const events: string[] = [];
    registry.on('ENTRY_ADDED', ({ entry, creationTime }) => events.push(`added ${entry.name} at ${creationTime}`));
    registry.on('ENTRY_REMOVED', ({ entry, creationTime }) =>
      events.push(`removed ${String(entry)} at ${creationTime}`),
    );

    registry.register(customer);
    registry.register(customer);
    clock.advance(5);
    expect(registry.remove('customer')).toBe(customer);
    expect(registry.remove('customer')).toBeUndefined();

    const addedAt = clock.now() - 5;
    expect(events).toStrictEqual([`added customer at ${addedAt}`, `removed ${String(customer)} at ${addedAt + 5}`]);
    expect(registry.find('customer')).toBeUndefined();
  });
});
