import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidOptionsError } from '../../core/errors.ts';
import { registryToken } from '../../core/policies.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { ResilienceActuatorModule } from '../actuator/actuator.module.ts';
import { ConfigurationSource } from '../configuration-source.ts';
import { ResilienceModule } from '../resilience.module.ts';
import { type ReloadModuleOptions, ResilienceReloadModule } from './reload.module.ts';
import { ResilienceReloader } from './resilience-reloader.ts';

const config = (failureRateThreshold: number | string, more = '') => `resilience4j:
  circuitbreaker.instances:
    customer: { failureRateThreshold: ${failureRateThreshold}, slidingWindowSize: 10 }
    ledger: { slidingWindowSize: 20 }
${more}`;

describe('ResilienceReloadModule', () => {
  let folder: string;
  let file: string;
  let clock: FakeClock;
  let application: NestFastifyApplication;
  const lines: string[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reload-'));
    file = join(folder, 'resilience.yml');
    await writeFile(file, config(50));
    clock = new FakeClock();
    lines.length = 0;
    for (const level of ['log', 'warn', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(
        (message: string) => void lines.push(`${level}: ${message}`),
      );
    }
  });

  afterEach(async () => {
    await application.close();
    vi.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  async function start(options: ReloadModuleOptions = {}) {
    const module = await Test.createTestingModule({
      imports: [
        ResilienceModule.forRoot({ env: {}, clock, configFiles: [file] }),
        ResilienceReloadModule.forRoot(options),
        ResilienceActuatorModule.forRoot({ token: 'open-sesame' }),
      ],
    }).compile();
    application = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await application.init();
    await application.getHttpAdapter().getInstance().ready();
    lines.length = 0;
  }

  const customer = () => application.get(registryToken('circuitBreaker')).getOrCreate('customer');
  const ledger = () => application.get(registryToken('circuitBreaker')).getOrCreate('ledger');
  const reload = () => application.get(ResilienceReloader, { strict: false }).reload();

  describe('reload()', () => {
    it('applies changed options to their instances, and reports and logs them', async () => {
      await start({ watch: false });
      customer().onSuccess(1);
      const ledgerBefore = ledger().config;
      await writeFile(file, config(30));

      const { changes } = await reload();

      expect(changes).toStrictEqual([
        {
          subject: "CircuitBreaker 'customer'",
          name: 'customer',
          changes: [{ option: 'failureRateThreshold', before: 50, after: 30 }],
          isApplicable: true,
        },
      ]);
      expect(customer().config.failureRateThreshold).toBe(30);
      expect(customer().metrics.bufferedCalls).toBe(1);
      expect(ledger().config).toBe(ledgerBefore);
      expect(lines).toStrictEqual(["log: CircuitBreaker 'customer': failureRateThreshold 50 → 30."]);
    });

    it('changes and logs nothing if the configuration is the same', async () => {
      await writeFile(
        file,
        config(50, '  retry.instances.customer: { enableExponentialBackoff: true, waitDuration: 1s }\n'),
      );
      await start({ watch: false });

      const { changes } = await reload();

      expect(changes).toStrictEqual([]);
      expect(lines).toStrictEqual([]);
    });

    it.each([
      ['a wrong value', config(101), 'failureRateThreshold is 101'],
      [
        'a mistyped key',
        config(30, '  circuitbreaker.instances.stock.slidingWindowSiz: 3\n'),
        'slidingWindowSize, if that',
      ],
      ['invalid YAML', 'resilience4j: [', 'is not valid YAML'],
      ['a fault in another policy', config(30, '  retry.instances.customer.maxAttempts: 0\n'), 'maxAttempts is 0'],
    ])('rejects %s with its faults, and keeps the current configuration', async (_what, text, fault) => {
      await start({ watch: false });
      await writeFile(file, text);

      await expect(reload()).rejects.toThrow(fault);

      expect(customer().config.failureRateThreshold).toBe(50);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^error: The new configuration is invalid; the current one stays in effect\. /);
      expect(lines[0]).toContain(fault);
    });

    it('keeps the current configuration when the file does not exist any more', async () => {
      await start({ watch: false });
      await rm(file);

      await expect(reload()).rejects.toMatchObject({ code: 'CONFIG_FILE_UNREADABLE' });

      expect(customer().config.failureRateThreshold).toBe(50);
    });

    it('creates new instances, and gives instances that are no longer configured the defaults', async () => {
      await start({ watch: false });
      await writeFile(file, 'resilience4j.retry.instances.stock.maxAttempts: 7');

      await reload();

      expect(application.get(registryToken('retry')).find('stock')?.config.maxAttempts).toBe(7);
      expect(customer().config.slidingWindowSize).toBe(100);
    });

    it('reports options that apply only after the next start', async () => {
      await writeFile(file, config(50, '  fallback.instances.customer.eventConsumerBufferSize: 10\n'));
      await start({ watch: false });
      await writeFile(file, config(50, '  fallback.instances.customer.eventConsumerBufferSize: 20\n'));

      const { changes } = await reload();

      expect(changes).toMatchObject([{ subject: "Fallback 'customer'", isApplicable: false }]);
      expect(lines).toStrictEqual([
        "warn: Fallback 'customer': eventConsumerBufferSize 10 → 20. This cannot change at run time and applies after the next start.",
      ]);
    });

    it('runs concurrent reloads one after the other', async () => {
      await start({ watch: false });
      const source = application.get(ConfigurationSource);
      const slow = Promise.withResolvers<Awaited<ReturnType<ConfigurationSource['load']>>>();
      const outdated = await source.load();
      const load = vi.spyOn(source, 'load').mockReturnValueOnce(slow.promise);
      await writeFile(file, config(30));

      const reloads = [reload(), reload()];
      await new Promise(setImmediate);
      expect(load).toHaveBeenCalledOnce();
      slow.resolve(outdated);
      await Promise.all(reloads);

      expect(customer().config.failureRateThreshold).toBe(30);
    });
  });

  describe('watching', () => {
    /** Runs one check of the files. */
    async function check(): Promise<void> {
      await vi.waitFor(() => expect(clock.pendingTimers).toBe(1), { interval: 1 });
      clock.advance(2_000);
      await vi.waitFor(() => expect(clock.pendingTimers).toBe(1), { interval: 1 });
    }

    async function checkTwice(): Promise<void> {
      await check();
      await check();
    }

    it('applies a file that is written in place, once its content is the same in two consecutive checks', async () => {
      await start();
      await checkTwice();

      await writeFile(file, config(30));
      await check();
      expect(customer().config.failureRateThreshold).toBe(50);
      await writeFile(file, config(40));
      await check();
      expect(customer().config.failureRateThreshold).toBe(50);
      await check();

      expect(customer().config.failureRateThreshold).toBe(40);
      expect(lines).toStrictEqual(["log: CircuitBreaker 'customer': failureRateThreshold 50 → 40."]);
    });

    it('applies a file that is written between the start and the first check', async () => {
      await start();
      await writeFile(file, config(30));

      await checkTwice();

      expect(customer().config.failureRateThreshold).toBe(30);
    });

    it('applies a file that replaces the old one by a rename', async () => {
      await start();
      await checkTwice();

      await writeFile(join(folder, '.resilience.yml.swp'), config(30));
      await rename(join(folder, '.resilience.yml.swp'), file);
      await checkTwice();

      expect(customer().config.failureRateThreshold).toBe(30);
    });

    it('applies a ConfigMap whose links Kubernetes swaps', async () => {
      const version = async (name: string, text: string) => {
        await mkdir(join(folder, name));
        await writeFile(join(folder, name, 'resilience.yml'), text);
        await symlink(name, join(folder, '..data_tmp'));
        await rename(join(folder, '..data_tmp'), join(folder, '..data'));
      };
      await rm(file);
      await version('..2024_01', config(50));
      await symlink(join('..data', 'resilience.yml'), file);
      await start();
      await checkTwice();

      await version('..2024_02', config(30));
      await checkTwice();

      expect(customer().config.failureRateThreshold).toBe(30);
    });

    it('logs an invalid file once, and applies the next valid one', async () => {
      await start();
      await checkTwice();

      await writeFile(file, config('much'));
      await checkTwice();
      await checkTwice();
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain("failureRateThreshold is 'much'");
      await writeFile(file, config(30));
      await checkTwice();

      expect(customer().config.failureRateThreshold).toBe(30);
    });

    it('leaves no timer behind when the application is closed', async () => {
      await start();
      await checkTwice();

      await application.close();

      expect(clock.pendingTimers).toBe(0);
    });

    it('starts no timer when watching is disabled', async () => {
      await start({ watch: false });

      expect(clock.pendingTimers).toBe(0);
    });

    it('rejects an interval of 0', () => {
      expect(() => ResilienceReloadModule.forRoot({ pollInterval: 0 })).toThrow(InvalidOptionsError);
    });
  });

  describe('POST resilience/reload', () => {
    const post = () =>
      request(application.getHttpServer())
        .post('/actuator/resilience/reload')
        .set('Authorization', 'Bearer open-sesame');

    it('responds with the changes', async () => {
      await writeFile(
        file,
        config(50, '  retry.instances.customer: { enableExponentialBackoff: true, waitDuration: 1s }\n'),
      );
      await start({ watch: false });
      await writeFile(file, config(30, '  retry.instances.customer.waitDuration: 2s\n'));

      const { body } = await post().expect(200);

      expect(body).toStrictEqual({
        changes: [
          {
            subject: "Retry 'customer'",
            name: 'customer',
            changes: [
              { option: 'waitDuration', before: null, after: 2_000 },
              { option: 'intervalFunction', before: '1000 ms × 1.5', after: null },
            ],
            isApplicable: true,
          },
          {
            subject: "CircuitBreaker 'customer'",
            name: 'customer',
            changes: [{ option: 'failureRateThreshold', before: 50, after: 30 }],
            isApplicable: true,
          },
        ],
        warnings: [],
      });
    });

    it('responds with 422 and the faults of an invalid file', async () => {
      await start({ watch: false });
      await writeFile(file, config(101));

      const { body } = await post().expect(422);

      expect(body.message).toContain('failureRateThreshold is 101');
    });
  });
});
