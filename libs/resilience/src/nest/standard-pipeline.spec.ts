import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { isUnavailable } from '../core/outcome.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { UsePipeline } from './decorators.ts';
import { ResilienceModule } from './resilience.module.ts';

const withStatus = (status: number) => Object.assign(new Error('error status'), { status });

@Injectable()
class Payments {
  attempts = 0;
  failure: Error = withStatus(503);

  @UsePipeline({
    name: 'payments',
    request: { method: 'POST', hasIdempotencyKey: true },
    fallbackMethod: { method: 'pending', on: isUnavailable, arguments: 'error' },
  })
  async pay(): Promise<string> {
    this.attempts++;
    throw this.failure;
  }

  @UsePipeline({ name: 'payments', request: { method: 'POST' } })
  async payOnce(): Promise<string> {
    this.attempts++;
    throw this.failure;
  }

  private pending(): string {
    return 'pending';
  }
}

async function start() {
  const clock = new FakeClock();
  const imports = [ResilienceModule.forRoot({ env: {}, clock, pipelines: { payments: 'standard' } })];
  const application = await Test.createTestingModule({ imports, providers: [Payments] }).compile();
  return { clock, payments: (await application.init()).get(Payments) };
}

describe('@UsePipeline with a standard pipeline', () => {
  it('repeats the request that the decorator names, and then calls the fallback', async () => {
    const { clock, payments } = await start();
    const result = payments.pay();
    await clock.advanceAsync(10_000);

    expect(await result).toBe('pending');
    expect(payments.attempts).toBe(3);
  });

  it('does not repeat a request that must not be repeated', async () => {
    const { clock, payments } = await start();
    const result = payments.payOnce().catch((error: unknown) => error);
    await clock.advanceAsync(10_000);

    expect(await result).toBe(payments.failure);
    expect(payments.attempts).toBe(1);
  });

  it.each([withStatus(400), new TypeError('x is not a function')])(
    'neither repeats nor replaces %s',
    async (failure) => {
      const { payments } = await start();
      payments.failure = failure;

      await expect(payments.pay()).rejects.toBe(failure);
      expect(payments.attempts).toBe(1);
    },
  );
});
