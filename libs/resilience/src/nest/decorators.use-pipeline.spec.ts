import { Injectable, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { from, lastValueFrom, Observable, throwError } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type CallContext, type Policy, type ProtectedCall, type StaleValue, toCallContext } from '../core/policy.ts';
import { PipelineRegistry } from '../core/pipeline.registry.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { currentCallContext } from './call-context.ts';
import { ResilienceModule } from './resilience.module.ts';
import type { ResilienceModuleOptions } from './resilience.options.ts';
import { UsePipeline } from './decorators.ts';

const settled = () => new Promise(setImmediate);

async function applicationWith(options: ResilienceModuleOptions, ...providers: Provider[]) {
  const imports = [ResilienceModule.forRoot({ env: {}, ...options })];
  const application = await Test.createTestingModule({ imports, providers }).compile();
  return application.init();
}

@Injectable()
class CustomerClient {
  @UsePipeline({ name: 'customer', fallbackMethod: 'unknown' })
  async find(): Promise<string> {
    const { attempt } = currentCallContext();
    if (attempt < 2) throw new Error('down');
    return `attempt ${attempt}`;
  }

  @UsePipeline('customer')
  watch(): Observable<string> {
    return currentCallContext().attempt < 2 ? throwError(() => new Error('down')) : from(['value']);
  }

  private unknown(error: Error): string {
    return `fallback after ${error.message}`;
  }
}

describe('@UsePipeline', () => {
  it('protects a method with a pipeline that code declares', async () => {
    const clock = new FakeClock();
    const pipelines = { customer: ['retry', 'circuitBreaker'] } as const;
    const application = await applicationWith({ pipelines, clock }, CustomerClient);
    const found = application.get(CustomerClient).find();
    await settled();
    clock.advance(500);

    expect(await found).toBe('attempt 2');
    const pipeline = application.get(PipelineRegistry).pipeline('customer');
    expect(String(pipeline)).toBe('customer: retry(circuitBreaker(call))');
  });

  it.each([
    ['directly inside the retry', ['retry', 'circuitBreaker'], 'retry(spans(circuitBreaker(call)))'],
    ['inside a deadline', ['deadline', 'circuitBreaker'], 'deadline(spans(circuitBreaker(call)))'],
    ['outermost in a pipeline without either', ['circuitBreaker'], 'spans(circuitBreaker(call))'],
  ] as const)('passes each attempt through the policy of aroundAttempts, %s', async (_, members, order) => {
    const seen: string[] = [];
    class Spans implements Policy {
      readonly name = 'customer';

      async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
        seen.push(`${this.name} ${context?.attempt}`);
        return call(toCallContext(context));
      }
    }
    const clock = new FakeClock();
    const aroundAttempts = () => new Spans();
    const options = { pipelines: { customer: members }, clock, aroundAttempts };
    const application = await applicationWith(options, CustomerClient);
    const found = application.get(CustomerClient).find();
    await settled();
    clock.advance(500);
    await found;

    expect(String(application.get(PipelineRegistry).pipeline('customer'))).toBe(`customer: ${order}`);
    expect(seen).toEqual(order.startsWith('retry') ? ['customer 1', 'customer 2'] : ['customer 1']);
  });

  it('protects subscriptions to an Observable', async () => {
    const clock = new FakeClock();
    const application = await applicationWith({ pipelines: { customer: ['retry'] }, clock }, CustomerClient);
    const last = lastValueFrom(application.get(CustomerClient).watch());
    await settled();
    clock.advance(500);

    expect(await last).toBe('value');
  });

  it('calls the fallback method after the whole pipeline has failed', async () => {
    const application = await applicationWith({ pipelines: { customer: ['circuitBreaker'] } }, CustomerClient);

    expect(await application.get(CustomerClient).find()).toBe('fallback after down');
  });

  it('uses the policies that have an instance of this name if no pipeline is declared', async () => {
    const options = { bulkhead: { instances: { customer: {} } }, circuitBreaker: { instances: { customer: {} } } };
    const application = await applicationWith(options, CustomerClient);

    expect(application.get(PipelineRegistry).pipeline('customer').describe()).toBe('circuitBreaker(bulkhead(call))');
  });

  it('uses the order that an environment variable sets', async () => {
    const env = { RESILIENCE4J_PIPELINES_CUSTOMER: 'bulkhead,timelimiter' };
    const application = await applicationWith({ env, pipelines: { customer: ['retry'] } }, CustomerClient);

    expect(application.get(PipelineRegistry).pipeline('customer').describe()).toBe('bulkhead(timeLimiter(call))');
  });

  it('stops the start-up for a name that is no pipeline', async () => {
    await expect(applicationWith({ pipelines: { custmer: ['retry'] } }, CustomerClient)).rejects.toThrow(
      [
        'The use of resilience decorators has 2 invalid options:',
        "  - CustomerClient.find: name of @UsePipeline is 'customer', which is no pipeline; allowed: custmer, if that is what you meant",
        "  - CustomerClient.watch: name of @UsePipeline is 'customer', which is no pipeline; allowed: custmer, if that is what you meant",
      ].join('\n'),
    );
  });

  it.each([
    ['hedge', {}, "whose values would be those of several concurrent attempts under Hedge 'customer'"],
    [
      'fallback',
      { fallback: { instances: { customer: { handlers: [{ handle: () => 'instead' }] } } } },
      "which Fallback 'customer' cannot replace; a fallbackMethod can",
    ],
    [
      'cachedFallback',
      { cachedFallback: { instances: { customer: { key: () => 'all' } } } },
      "whose values CachedFallback 'customer' cannot store",
    ],
  ] as const)('stops the start-up if a %s would have to protect an Observable', async (kind, options, reason) => {
    const starting = applicationWith({ ...options, pipelines: { customer: ['bulkhead', kind] } }, CustomerClient);

    await expect(starting).rejects.toThrow(
      `CustomerClient.watch: return type is Observable, ${reason}; allowed: a Promise`,
    );
  });

  it('stops the start-up for a fallback without handlers', async () => {
    const starting = applicationWith({ pipelines: { customer: ['fallback'] } });

    await expect(starting).rejects.toThrow(
      "Pipeline 'customer' has an invalid option:\n  - fallback is without handlers",
    );
  });

  it('shares an instance of another name between pipelines', async () => {
    const options = { circuitBreaker: { instances: { customer: {} } }, bulkhead: { instances: { batch: {} } } };
    const pipelines = { customer: ['circuitBreaker'], batch: ['circuitBreaker:customer', 'bulkhead'] } as const;
    const application = await applicationWith({ ...options, pipelines });

    const registry = application.get(PipelineRegistry);
    const [customer, batch] = [registry.pipeline('customer'), registry.pipeline('batch')];
    expect(batch.policies[0]).toBe(customer.policies[0]);
    expect(batch.describe()).toBe('circuitBreaker[customer](bulkhead(call))');
  });
});

describe('@UsePipeline with a cached fallback', () => {
  const outage = new Error('down');

  @Injectable()
  class Rates {
    isUp = true;

    @UsePipeline({
      name: 'rates',
      key: (currency: string) => currency,
      staleMethod: 'stale',
      fallbackMethod: 'unknown',
    })
    async find(currency: string, _by?: string): Promise<string> {
      if (this.isUp) return `rate of ${currency}`;
      throw outage;
    }

    stale(_currency: string, _by: string | undefined, { value, ageMs, error }: StaleValue<string>): string {
      return `${value}, ${ageMs} ms old, since ${String(error)}`;
    }

    unknown(currency: string): string {
      return `no rate of ${currency}`;
    }
  }

  it('returns the stale value of the same key, mapped by the stale method, instead of calling the fallback method', async () => {
    const clock = new FakeClock();
    const application = await applicationWith({ clock, pipelines: { rates: ['cachedFallback'] } }, Rates);
    const rates = application.get(Rates);
    const fresh = await rates.find('EUR');
    clock.advance(3_000);
    rates.isUp = false;

    expect(fresh).toBe('rate of EUR');
    expect(await rates.find('EUR')).toBe('rate of EUR, 3000 ms old, since Error: down');
    expect(await rates.find('USD')).toBe('no rate of USD');
  });

  it.each([
    ['throws', ({ id }: { id: string }) => id.trim()],
    ['returns no string', () => undefined as unknown as string],
    ['returns a promise', (async () => 'EUR') as unknown as () => string],
  ])('neither stores nor replaces a result when the key function %s', async (_what, key) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    @Injectable()
    class Broken {
      isUp = true;

      @UsePipeline({ name: 'rates', key })
      async find(_query: { id: string }): Promise<string> {
        if (this.isUp) return 'rate';
        throw outage;
      }
    }
    const application = await applicationWith({ pipelines: { rates: ['cachedFallback'] } }, Broken);
    const broken = application.get(Broken);
    const query = { id: 7 as unknown as string };

    await expect(broken.find(query)).resolves.toBe('rate');
    broken.isUp = false;
    await expect(broken.find(query)).rejects.toBe(outage);

    const messages = warned.mock.calls.map(([message]) => String(message));
    expect(messages.filter((message) => message.startsWith('key of @UsePipeline on Broken.find'))).toHaveLength(1);
  });

  it('stops the start-up without a key, and with a key or a stale method that has no effect', async () => {
    @Injectable()
    class Faulty {
      @UsePipeline('rates')
      async keyless(): Promise<void> {}

      @UsePipeline({ name: 'plain', key: () => 'all' })
      async useless(): Promise<void> {}

      @UsePipeline({ name: 'plain', staleMethod: 'stale' })
      async keylessStale(): Promise<void> {}

      @UsePipeline({ name: 'rates', key: () => 'all', staleMethod: 'stal' })
      async misspelt(): Promise<void> {}

      stale(): void {}
    }
    const pipelines = { rates: ['cachedFallback'], plain: ['bulkhead'] } as const;

    await expect(applicationWith({ pipelines }, Faulty)).rejects.toThrow(
      [
        'The use of resilience decorators has 4 invalid options:',
        "  - Faulty.keyless: key of @UsePipeline is missing, and cachedFallback 'rates' has none; allowed: a function that returns a string, e.g. (id) => id",
        '  - Faulty.useless: key of @UsePipeline is a function; allowed: none: the pipeline has no cachedFallback',
        '  - Faulty.keylessStale: key of @UsePipeline is missing; allowed: a function that returns a string, e.g. (id) => id',
        "  - Faulty.misspelt: staleMethod of @UsePipeline is 'stal', which is no method of Faulty; allowed: stale, if that is what you meant",
      ].join('\n'),
    );
  });
});
