import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ResilienceModule } from './resilience.module.ts';
import type { ResilienceModuleOptions } from './resilience.options.ts';

async function warningsOf(options: ResilienceModuleOptions): Promise<unknown[]> {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
  const module = ResilienceModule.forRoot({ ...options, env: {} });
  const testing = await Test.createTestingModule({ imports: [module] }).compile();
  const application = await testing.init();
  await application.close();
  return warn.mock.calls.map(([message]) => message);
}

describe('When an application starts', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('the log says what the configuration cannot do', async () => {
    const warnings = await warningsOf({
      circuitBreaker: { instances: { customer: { slidingWindowSize: 10, minimumNumberOfCalls: 100 } } },
    });

    expect(warnings).toContainEqual(expect.stringMatching(/^customer: .*\(minimum-above-count-window\)$/));
  });

  it('the log says nothing of a configuration that is in order', async () => {
    const customer = { slidingWindowSize: 10, minimumNumberOfCalls: 10 };

    expect(await warningsOf({ circuitBreaker: { instances: { customer } } })).toStrictEqual([]);
  });

  it('the log goes by the order that a pipeline declares', async () => {
    const warnings = await warningsOf({
      circuitBreaker: { instances: { customer: {} } },
      timeLimiter: { instances: { customer: {} } },
      pipelines: { customer: ['timeLimiter', 'circuitBreaker'] },
    });

    expect(warnings).toContainEqual(expect.stringContaining('(time-limiter-outside-breaker)'));
  });
});
