import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DynamicModule, Inject, Injectable, Logger, Module } from '@nestjs/common';
import { ConfigModule, registerAs } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRegistry, kindsOf, registryToken } from '../core/policies.ts';
import type { Registry } from '../core/registry.ts';
import type { ResilienceConfig } from '../config/resilience-config.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { CircuitBreaker } from './decorators.ts';
import { ConfigurationSource } from './configuration-source.ts';
import { resilienceConfiguration } from './registries.provider.ts';
import { ResilienceModule } from './resilience.module.ts';
import type {
  ResilienceModuleAsyncOptions,
  ResilienceModuleOptions,
  ResilienceOptionsFactory,
} from './resilience.options.ts';

@Injectable()
class CustomerClient {
  @CircuitBreaker('customer-service')
  async find(): Promise<string> {
    throw new Error('down');
  }
}

describe('ResilienceModule', () => {
  let folder: string;
  let configFile: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resilience-'));
    configFile = join(folder, 'resilience.yml');
    await writeFile(
      configFile,
      `resilience4j.circuitbreaker:
        configs.default: { slidingWindowSynchronizationStrategy: LOCK_FREE, slidingWindowSize: 10, minimumNumberOfCalls: 2 }
        instances.stock: { recordExceptions: com.acme.StockException }`,
    );
  });

  afterAll(() => rm(folder, { recursive: true }));

  class StockException extends Error {}
  const errorTypes = { StockException };

  async function start(options: ResilienceModuleOptions) {
    const imports = [ResilienceModule.forRoot({ env: {}, ...options })];
    const application = await Test.createTestingModule({ imports, providers: [CustomerClient] }).compile();
    return application.init();
  }

  it('reads options from code, from files, which override code, and from the environment, which overrides files', async () => {
    const application = await start({
      circuitBreaker: {
        configs: { default: { slidingWindowSize: 5, minimumNumberOfCalls: 1, failureRateThreshold: 70 } },
      },
      configFiles: [configFile],
      env: { RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SERVICE_MINIMUMNUMBEROFCALLS: '3' },
      errorTypes,
    });
    const registry = application.get(registryToken('circuitBreaker'));

    expect(registry.getOrCreate('customer-service').config).toMatchObject({
      failureRateThreshold: 70,
      slidingWindowSize: 10,
      minimumNumberOfCalls: 3,
    });
    expect(registry.getOrCreate('stock').config).toMatchObject({ recordExceptions: [StockException] });
  });

  it('creates the circuit breakers that configuration and decorators name before the first call', async () => {
    const application = await start({ configFiles: [configFile], errorTypes });

    const names = application
      .get(registryToken('circuitBreaker'))
      .all()
      .map(({ name }) => name);
    expect(names).toStrictEqual(['stock', 'customer-service']);
  });

  it('provides a registry for each policy by its token, on one clock', async () => {
    const clock = new FakeClock();
    const application = await start({
      clock,
      retry: { instances: { customer: { maxAttempts: 2, retryBudget: 'shared' } } },
      hedge: { instances: { customer: { retryBudget: 'shared' } } },
      retryBudget: { instances: { shared: { minRetriesPerSecond: 1 } } },
      fallback: { instances: { customer: { handlers: [{ handle: () => 'instead' }] } } },
      cachedFallback: { instances: { customer: {} } },
      bulkhead: { instances: { customer: {} } },
      rateLimiter: { instances: { customer: {} } },
      timeLimiter: { instances: { customer: {} } },
      adaptiveConcurrencyLimiter: { instances: { customer: {} } },
      endpointPool: { instances: { customer: { endpoints: ['http://127.0.0.1:1'] } } },
      deadline: { instances: { customer: {} } },
    });

    for (const kind of kindsOf().filter((each) => each !== 'retryBudget' && each !== 'circuitBreaker')) {
      const customer = application.get<Registry>(registryToken(kind)).find('customer');
      expect(customer).toMatchObject({ name: 'customer', config: { eventConsumerBufferSize: 100 } });
    }
    expect(application.get(registryToken('retryBudget')).find('shared')?.config.minRetriesPerSecond).toBe(1);
    expect(application.get(registryToken('retry')).getOrCreate('stock', { retryBudget: 'own' })).toBeDefined();
    expect(application.get(registryToken('retryBudget')).names()).toStrictEqual(['shared', 'own']);
    const call = application
      .get(registryToken('timeLimiter'))
      .getOrCreate('customer')
      .execute(() => new Promise(() => {}));
    clock.advance(1_000);
    await expect(call).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
  });

  it('uses a registry that a test overrides for decorated methods', async () => {
    const other = createRegistry('circuitBreaker', {
      instances: { 'customer-service': { initialState: 'FORCED_OPEN' } },
    });
    const application = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ env: {} })],
      providers: [CustomerClient],
    })
      .overrideProvider(registryToken('circuitBreaker'))
      .useValue(other)
      .compile();
    await application.init();

    await expect(application.get(CustomerClient).find()).rejects.toMatchObject({ code: 'CALL_NOT_PERMITTED' });
  });

  it('provides the health options of instances', async () => {
    const application = await start({
      env: { RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SERVICE_REGISTERHEALTHINDICATOR: 'true' },
    });

    const { healthOptions } = application.get<ResilienceConfig>(resilienceConfiguration);
    expect(healthOptions.circuitBreaker('customer-service').registerHealthIndicator).toBe(true);
    expect(healthOptions.circuitBreaker('stock').registerHealthIndicator).toBe(false);
  });

  it('ConfigurationSource.load() reads the environment again, with the definitions and names in code', async () => {
    const env: Record<string, string> = {};
    const application = await start({ env, bulkhead: { instances: { stock: { maxConcurrentCalls: 3 } } } });
    env['RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SERVICE_SLIDINGWINDOWSIZE'] = '7';

    const { circuitBreaker, bulkhead } = await application.get(ConfigurationSource).load();

    expect(circuitBreaker.instances).toStrictEqual({ 'customer-service': { slidingWindowSize: 7 } });
    expect(bulkhead.instances).toStrictEqual({ stock: { maxConcurrentCalls: 3 } });
  });

  it('logs once that an option has no effect', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await start({ configFiles: [configFile], errorTypes });

    const warnings = warn.mock.calls.filter(([message]) =>
      String(message).includes('configs.default.slidingWindowSynchronizationStrategy'),
    );
    expect(warnings).toHaveLength(1);
    warn.mockRestore();
  });

  it('starts with a Java class that no error type is registered for, and logs it', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await start({ configFiles: [configFile] });

    const warnings = warn.mock.calls.filter(([message]) => String(message).includes('com.acme.StockException'));
    expect(warnings).toHaveLength(1);
    warn.mockRestore();
  });

  it('does not start with an invalid configuration', async () => {
    const invalid = join(folder, 'invalid.yml');
    await writeFile(invalid, 'resilience4j.retry.instances.stock.retryExceptions: StockExeption');

    await expect(start({ configFiles: [invalid], errorTypes })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    await expect(start({ configFiles: [join(folder, 'missing.yml')] })).rejects.toMatchObject({
      code: 'CONFIG_FILE_UNREADABLE',
    });
    await expect(start({ circuitBreaker: { instances: { a: { slidingWindowSize: 0 } } } })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
  });

  it('uses the clock of the options', async () => {
    const clock = new FakeClock();
    const application = await start({ configFiles: [configFile], errorTypes, clock });
    const client = application.get(CustomerClient);
    for (let call = 1; call <= 2; call++) await expect(client.find()).rejects.toThrow('down');

    await expect(client.find()).rejects.toMatchObject({ code: 'CALL_NOT_PERMITTED', retryAfterMs: 60_000 });
    clock.advance(60_001);
    await expect(client.find()).rejects.toThrow('down');
  });

  it('leaves no timer behind when the application is closed', async () => {
    const clock = new FakeClock();
    const circuitBreaker = { configs: { default: { automaticTransitionFromOpenToHalfOpenEnabled: true } } };
    const application = await start({ clock, circuitBreaker });
    application.get(registryToken('circuitBreaker')).getOrCreate('customer-service').transitionToOpenState();
    expect(clock.pendingTimers).toBe(1);

    await application.close();

    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects a second import', async () => {
    const imports = [ResilienceModule.forRoot({ env: {} }), ResilienceModule.forRoot({ env: {} })];
    const application = await Test.createTestingModule({ imports }).compile();

    await expect(application.init()).rejects.toThrow(
      'ResilienceModule has an invalid option:\n  - forRoot is imported 2 times; allowed: once, in the root module',
    );
  });

  describe('forRootAsync', () => {
    class Settings {
      readonly windowSize = 7;
    }
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}

    async function windowSizeWith(...imports: NonNullable<DynamicModule['imports']>): Promise<number> {
      const application = await Test.createTestingModule({ imports, providers: [CustomerClient] }).compile();
      await application.init();
      return application.get(registryToken('circuitBreaker')).getOrCreate('customer-service').config.slidingWindowSize;
    }

    it('accepts options from a factory with injected dependencies', async () => {
      const resilience = ResilienceModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async ({ windowSize }: Settings) => ({
          circuitBreaker: { configs: { default: { slidingWindowSize: windowSize } } },
          env: {},
        }),
      });

      expect(await windowSizeWith(resilience)).toBe(7);
    });

    @Injectable()
    class ResilienceSettings implements ResilienceOptionsFactory {
      @Inject(Settings) private readonly settings!: Settings;

      createResilienceOptions(): ResilienceModuleOptions {
        const { windowSize } = this.settings;
        return { circuitBreaker: { configs: { default: { slidingWindowSize: windowSize } } }, env: {} };
      }
    }
    @Module({ imports: [SettingsModule], providers: [ResilienceSettings], exports: [ResilienceSettings] })
    class ResilienceSettingsModule {}

    it.each<[string, ResilienceModuleAsyncOptions]>([
      ['useClass', { imports: [SettingsModule], useClass: ResilienceSettings }],
      ['useExisting', { imports: [ResilienceSettingsModule], useExisting: ResilienceSettings }],
    ])('accepts options from an instance of a class (%s)', async (_, options) => {
      expect(await windowSizeWith(ResilienceModule.forRootAsync(options))).toBe(7);
    });

    it('accepts a namespace of @nestjs/config', async () => {
      const settings = registerAs('resilience', () => ({
        circuitBreaker: { configs: { default: { slidingWindowSize: 7 } } },
        env: {},
      }));

      expect(await windowSizeWith(ConfigModule.forRoot(), ResilienceModule.forRootAsync(settings.asProvider()))).toBe(
        7,
      );
    });

    it('throws unless there is exactly one source of options', () => {
      const message = (options: object) => () => ResilienceModule.forRootAsync(options as ResilienceModuleAsyncOptions);

      expect(message({})).toThrow(
        'the source of the options is none; allowed: one of useFactory, useClass, useExisting',
      );
      expect(message({ useFactory: () => ({}), useClass: ResilienceSettings })).toThrow('is useFactory and useClass');
    });
  });

  describe('the log of state transitions', () => {
    async function linesWith(options: ResilienceModuleOptions) {
      const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
      const application = await start(options);
      const breaker = application.get(registryToken('circuitBreaker')).getOrCreate('customer-service');
      breaker.transitionToForcedOpenState();
      await application.close();
      breaker.transitionToDisabledState();
      const lines = warn.mock.calls.filter(([message]) => String(message).includes('went from'));
      warn.mockRestore();
      return lines.map(([message]) => String(message));
    }

    it("is written to Nest's logger by default, until the application ends", async () => {
      expect(await linesWith({})).toStrictEqual([
        expect.stringContaining("CircuitBreaker 'customer-service' went from CLOSED to FORCED_OPEN"),
      ]);
    });

    it('can be switched off', async () => {
      expect(await linesWith({ logTransitions: false })).toStrictEqual([]);
    });

    it('can have a logger of its own, which gets the fields too', async () => {
      const logTransitions = { info: vi.fn(), warn: vi.fn() };

      expect(await linesWith({ logTransitions })).toStrictEqual([]);
      expect(logTransitions.warn).toHaveBeenCalledExactlyOnceWith(
        expect.stringContaining('went from CLOSED to FORCED_OPEN'),
        expect.objectContaining({ circuitBreaker: 'customer-service', toState: 'FORCED_OPEN' }),
      );
    });
  });
});
