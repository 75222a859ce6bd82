import { Injectable, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { from, lastValueFrom, Observable, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Pipeline } from '../core/pipeline.ts';
import { PipelineRegistry } from '../core/pipeline.registry.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { currentCallContext } from './call-context.ts';
import { InjectPipeline, pipelineToken } from './inject-pipeline.decorator.ts';
import { ResilienceModule } from './resilience.module.ts';
import type { ResilienceModuleOptions } from './resilience.options.ts';
import { UsePipeline } from './use-pipeline.decorator.ts';

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
    return `answer ${attempt}`;
  }

  @UsePipeline('customer')
  watch(): Observable<string> {
    return currentCallContext().attempt < 2 ? throwError(() => new Error('down')) : from(['answer']);
  }

  private unknown(error: Error): string {
    return `instead, since ${error.message}`;
  }
}

describe('@UsePipeline', () => {
  it('puts a method under a pipeline that code declares', async () => {
    const clock = new FakeClock();
    const pipelines = { customer: ['retry', 'circuitBreaker'] } as const;
    const application = await applicationWith({ pipelines, clock }, CustomerClient);
    const found = application.get(CustomerClient).find();
    await settled();
    clock.advance(500);

    expect(await found).toBe('answer 2');
    const pipeline = application.get(PipelineRegistry).pipeline('customer');
    expect(String(pipeline)).toBe('customer: retry(circuitBreaker(call))');
  });

  it('subscribes to Observables under it, too', async () => {
    const clock = new FakeClock();
    const application = await applicationWith({ pipelines: { customer: ['retry'] }, clock }, CustomerClient);
    const last = lastValueFrom(application.get(CustomerClient).watch());
    await settled();
    clock.advance(500);

    expect(await last).toBe('answer');
  });

  it('takes a fallback method for the whole', async () => {
    const application = await applicationWith({ pipelines: { customer: ['circuitBreaker'] } }, CustomerClient);

    expect(await application.get(CustomerClient).find()).toBe('instead, since down');
  });

  it('takes the patterns that have an instance of its name, when nobody has declared it', async () => {
    const options = { bulkhead: { instances: { customer: {} } }, circuitBreaker: { instances: { customer: {} } } };
    const application = await applicationWith(options, CustomerClient);

    expect(application.get(PipelineRegistry).pipeline('customer').describe()).toBe('circuitBreaker(bulkhead(call))');
  });

  it('can have its order set by the environment', async () => {
    const env = { RESILIENCE4J_PIPELINES_CUSTOMER: 'bulkhead,timelimiter' };
    const application = await applicationWith({ env, pipelines: { customer: ['retry'] } }, CustomerClient);

    expect(application.get(PipelineRegistry).pipeline('customer').describe()).toBe('bulkhead(timeLimiter(call))');
  });

  it('needs a pipeline: without one the application does not start', async () => {
    await expect(applicationWith({ pipelines: { custmer: ['retry'] } }, CustomerClient)).rejects.toThrow(
      [
        'The use of resilience decorators has 2 invalid options:',
        "  - CustomerClient.find: name of @UsePipeline is 'customer', which is no pipeline; allowed: custmer, if that is what you meant",
        "  - CustomerClient.watch: name of @UsePipeline is 'customer', which is no pipeline; allowed: custmer, if that is what you meant",
      ].join('\n'),
    );
  });

  it.each([
    ['hedge', {}, "whose values would be those of several attempts at once under Hedge 'customer'"],
    [
      'retry',
      { retry: { instances: { customer: { retryOnResult: () => true } } } },
      "whose values are handed on before retryOnResult of Retry 'customer' could judge them",
    ],
    [
      'fallback',
      { fallback: { instances: { customer: { handlers: [{ handle: () => 'instead' }] } } } },
      "which Fallback 'customer' cannot replace; a fallbackMethod can",
    ],
    [
      'cachedFallback',
      { cachedFallback: { instances: { customer: { key: () => 'all' } } } },
      "of which CachedFallback 'customer' knows nothing to remember",
    ],
  ] as const)('does not put an Observable under a %s that cannot protect it', async (step, options, reason) => {
    const starting = applicationWith({ ...options, pipelines: { customer: ['bulkhead', step] } }, CustomerClient);

    await expect(starting).rejects.toThrow(
      `CustomerClient.watch: return type is Observable, ${reason}; allowed: a Promise`,
    );
  });

  it.each([
    ['fallback', 'without handlers'],
    ['cachedFallback', 'without a key'],
  ] as const)('does not take a %s %s, which would change nothing', async (step, given) => {
    const starting = applicationWith({ pipelines: { customer: [step] } });

    await expect(starting).rejects.toThrow(`Pipeline 'customer' has an invalid option:\n  - ${step} is ${given}`);
  });
});

describe('@InjectPipeline', () => {
  @Injectable()
  class Injected {
    @InjectPipeline('customer') readonly property!: Pipeline;
    readonly parameter: Pipeline;

    constructor(@InjectPipeline('customer') parameter: Pipeline) {
      this.parameter = parameter;
    }
  }

  it('gives the one pipeline of that name, as a parameter or a property', async () => {
    const application = await applicationWith({ pipelines: { customer: ['retry'] } }, Injected);
    const { property, parameter } = application.get(Injected);

    expect(property).toBe(application.get(PipelineRegistry).pipeline('customer'));
    expect(parameter).toBe(property);
  });

  it('gives one in the default order when nobody has declared it', async () => {
    const application = await applicationWith({ retry: { instances: { customer: {} } } }, Injected);

    expect(application.get(Injected).parameter.describe()).toBe('retry(call)');
  });

  it('needs a pipeline: without one the application does not start, and says who asks for it', async () => {
    await expect(applicationWith({}, Injected)).rejects.toThrow(
      "Injected: name of @InjectPipeline is 'customer', which is no pipeline; " +
        'allowed: a declared pipeline (none is declared), or a name that at least one instance has',
    );
  });

  it('can be overridden by its token', async () => {
    const other = new Pipeline('other', []);
    const application = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ env: {} })],
      providers: [Injected],
    })
      .overrideProvider(pipelineToken('customer'))
      .useValue(other)
      .compile();

    expect(application.get(Injected).parameter).toBe(other);
  });
});
