import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CircuitBreakerOptions } from '../core/circuit-breaker/circuit-breaker.options.ts';
import { ResilienceModule } from './resilience.module.ts';

async function warningsOf(customer: CircuitBreakerOptions): Promise<unknown[]> {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
  const module = ResilienceModule.forRoot({ circuitBreaker: { instances: { customer } }, env: {} });
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
    const warnings = await warningsOf({ slidingWindowSize: 10, minimumNumberOfCalls: 100 });

    expect(warnings).toContainEqual(expect.stringMatching(/^customer: .*\(minimum-above-count-window\)$/));
  });

  it('the log says nothing of a configuration that is in order', async () => {
    expect(await warningsOf({ slidingWindowSize: 10, minimumNumberOfCalls: 10 })).toStrictEqual([]);
  });
});
