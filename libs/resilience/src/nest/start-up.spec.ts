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

describe('the log of a starting application', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('warns of a configuration that cannot work', async () => {
    const warnings = await warningsOf({
      circuitBreaker: { instances: { customer: { slidingWindowSize: 10, minimumNumberOfCalls: 100 } } },
    });

    expect(warnings).toContainEqual(expect.stringMatching(/^customer: .*\(minimum-above-count-window\)$/));
  });

  it('has no warnings for a valid configuration', async () => {
    const customer = { slidingWindowSize: 10, minimumNumberOfCalls: 10, maxWaitDurationInHalfOpenState: '1m' };

    expect(await warningsOf({ circuitBreaker: { instances: { customer } } })).toStrictEqual([]);
  });

  it('warns of a circuit breaker that a trial call can keep in HALF_OPEN for ever, which is the default', async () => {
    const warnings = await warningsOf({ circuitBreaker: { instances: { customer: {} } } });

    expect(warnings).toStrictEqual([
      expect.stringMatching(/^customer: .* set maxWaitDurationInHalfOpenState\. \(half-open-can-hang\)$/),
    ]);
  });

  it('warns of the order that a pipeline declares', async () => {
    const warnings = await warningsOf({
      circuitBreaker: { instances: { customer: {} } },
      timeLimiter: { instances: { customer: {} } },
      pipelines: { customer: ['timeLimiter', 'circuitBreaker'] },
    });

    expect(warnings).toContainEqual(expect.stringContaining('(time-limiter-outside-breaker)'));
  });
});
