import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HealthIndicator, HealthReport } from './health-indicator.ts';
import { Readiness } from './readiness.ts';

const indicator = (key: string, check: () => Promise<HealthReport>): HealthIndicator => ({ key, check });
const up = indicator('up', async () => ({ status: 'up' }));
const degraded = indicator('degraded', async () => ({ status: 'degraded', state: 'OPEN' }));
const failing = indicator('failing', async () => {
  throw new Error('password authentication failed for user "harbour"');
});
const hanging = indicator('hanging', () => new Promise(() => {}));

describe('Readiness', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    Logger.overrideLogger(false);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('is ready when nothing is down', async () => {
    await expect(new Readiness([up, degraded]).report()).resolves.toEqual({
      status: 'ready',
      details: { up: { status: 'up' }, degraded: { status: 'degraded', state: 'OPEN' } },
    });
  });

  it('is not ready when a check fails, and does not tell why', async () => {
    await expect(new Readiness([up, failing]).report()).resolves.toEqual({
      status: 'not-ready',
      details: { up: { status: 'up' }, failing: { status: 'down' } },
    });
  });

  it('waits a second for a check and no longer', async () => {
    const report = new Readiness([hanging]).report();

    await vi.advanceTimersByTimeAsync(1_000);

    await expect(report).resolves.toEqual({
      status: 'not-ready',
      details: { hanging: { status: 'down', reason: 'no answer in time' } },
    });
  });

  it('leaves no timer behind when a check answers', async () => {
    await new Readiness([up, failing]).report();

    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not ready once shutdown has begun, whatever the checks say', async () => {
    const readiness = new Readiness([up]);

    readiness.beginShutdown();

    await expect(readiness.report()).resolves.toEqual({
      status: 'not-ready',
      details: { shutdown: { status: 'down' } },
    });
  });
});
