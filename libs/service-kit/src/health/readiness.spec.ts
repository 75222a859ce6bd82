import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Readiness, type ServiceHealthIndicator } from './readiness.ts';

describe('Readiness', () => {
  let health: HealthCheckService;
  let results: HealthIndicatorService;

  beforeAll(async () => {
    const context = await NestFactory.createApplicationContext(TerminusModule.forRoot({ logger: false }), {
      logger: false,
    });
    Logger.overrideLogger(false);
    health = context.get(HealthCheckService);
    results = context.get(HealthIndicatorService);
  });

  const up: ServiceHealthIndicator = { key: 'up', check: () => results.check('up').up() };
  const degraded: ServiceHealthIndicator = {
    key: 'degraded',
    check: () => results.check('degraded').degraded({ state: 'OPEN' }),
  };
  const down: ServiceHealthIndicator = { key: 'down', check: () => results.check('down').down({ state: 'OPEN' }) };
  const failing: ServiceHealthIndicator = {
    key: 'failing',
    check: () => Promise.reject(new Error('password authentication failed for user "harbour"')),
  };
  const hanging: ServiceHealthIndicator = { key: 'hanging', check: () => new Promise(() => {}) };

  const readinessOf = (...indicators: ServiceHealthIndicator[]) => new Readiness(health, results, indicators);
  const informative = (indicator: ServiceHealthIndicator) => ({ ...indicator, isInformative: true });

  it('is ready while nothing is down', async () => {
    const indicators = { up: { status: 'up' }, degraded: { status: 'degraded', state: 'OPEN' } };

    await expect(readinessOf(up, degraded).check()).resolves.toEqual({
      status: 'degraded',
      info: indicators,
      error: {},
      details: indicators,
    });
    await expect(readinessOf(up).check()).resolves.toMatchObject({ status: 'ok' });
  });

  it('is not ready when a check fails, and does not show why', async () => {
    await expect(readinessOf(up, failing).check()).resolves.toEqual({
      status: 'error',
      info: { up: { status: 'up' } },
      error: { failing: { status: 'down' } },
      details: { up: { status: 'up' }, failing: { status: 'down' } },
    });
  });

  it('checks once for concurrent callers, again for later ones, and notices a shutdown at once', async () => {
    const check = vi.fn(up.check);
    const readiness = readinessOf({ ...up, check });

    const before = [readiness.check(), readiness.check()];
    readiness.beginShutdown();
    const after = readiness.check();

    expect((await Promise.all(before)).map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(check).toHaveBeenCalledTimes(1);
    await expect(after).resolves.toMatchObject({ status: 'error' });
    const other = readinessOf({ ...up, check });
    await other.check();
    await other.check();
    expect(check).toHaveBeenCalledTimes(3);
  });

  it('logs why it is not ready, once', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn');
    const readiness = readinessOf(failing);

    await readiness.check();
    await readiness.check();

    const logged = [...warn.mock.calls];
    warn.mockRestore();
    const reasons = { failing: 'password authentication failed for user "harbour"' };
    expect(logged).toEqual([[{ details: { failing: { status: 'down' } }, reasons }, 'not ready']]);
  });

  it('waits for a check for a second at most', async () => {
    const timeout = new AbortController();
    const timeoutOf = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal);
    const checking = readinessOf(hanging).check();

    timeout.abort(new DOMException('timed out', 'TimeoutError'));

    await expect(checking).resolves.toMatchObject({ status: 'error', error: { hanging: { status: 'down' } } });
    expect(timeoutOf).toHaveBeenCalledWith(1_000);
    timeoutOf.mockRestore();
  });

  it('stays ready while an informative indicator is down or fails', async () => {
    await expect(readinessOf(up, informative(down), informative(failing)).check()).resolves.toMatchObject({
      status: 'degraded',
      error: {},
      details: { down: { status: 'degraded', state: 'OPEN' }, failing: { status: 'degraded' } },
    });
  });

  describe('with an indicator that is informative once the service has been ready', () => {
    const changing = () => {
      const current = { check: failing.check };
      const indicator: ServiceHealthIndicator = {
        key: 'failing',
        isInformative: 'once-ready',
        check: () => current.check(),
      };
      return { indicator, become: ({ check }: ServiceHealthIndicator) => (current.check = check) };
    };

    it.each([failing, down])('is not ready before it has been ready: $key', async ({ key, check }) => {
      const readiness = readinessOf(up, { key, isInformative: 'once-ready', check });

      const results = [await readiness.check(), await readiness.check()];

      expect(results.map(({ status }) => status)).toEqual(['error', 'error']);
    });

    it('stays ready after it has been ready', async () => {
      const { indicator, become } = changing();
      const readiness = readinessOf(up, indicator);

      const before = await readiness.check();
      become(up);
      const reached = await readiness.check();
      become(failing);
      const lost = [await readiness.check(), await readiness.check()];
      become(up);
      const back = await readiness.check();

      expect([before, reached, back].map(({ status }) => status)).toEqual(['error', 'ok', 'ok']);
      const info = { up: { status: 'up' }, failing: { status: 'degraded' } };
      const degraded = { status: 'degraded', info, error: {}, details: info };
      expect(lost).toEqual([degraded, degraded]);
    });

    it('has not been ready while another indicator was down', async () => {
      const { indicator, become } = changing();
      const other = { check: down.check };
      const readiness = readinessOf(indicator, { key: 'other', check: () => other.check() });

      become(up);
      await readiness.check();
      become(failing);
      other.check = up.check;

      await expect(readiness.check()).resolves.toMatchObject({ status: 'error' });
    });

    it('is not ready once the shutdown has begun', async () => {
      const { indicator, become } = changing();
      const readiness = readinessOf(indicator);
      become(up);
      await readiness.check();

      readiness.beginShutdown();

      await expect(readiness.check()).resolves.toMatchObject({ status: 'error', error: { shutdown: {} } });
    });

    it('logs what is down and why, once', async () => {
      const { indicator, become } = changing();
      const readiness = readinessOf(indicator);
      become(up);
      await readiness.check();
      const warn = vi.spyOn(Logger.prototype, 'warn');
      const log = vi.spyOn(Logger.prototype, 'log');

      become(failing);
      await readiness.check();
      await readiness.check();
      become(up);
      await readiness.check();

      const logged = [...warn.mock.calls, ...log.mock.calls];
      warn.mockRestore();
      log.mockRestore();
      const reasons = { failing: 'password authentication failed for user "harbour"' };
      expect(logged).toEqual([
        [{ details: { failing: { status: 'degraded' } }, reasons }, 'still ready, but down: failing'],
        ['ready again'],
      ]);
    });
  });

  it('is not ready once the shutdown has begun, without checking its indicators', async () => {
    const readiness = readinessOf(up);

    readiness.beginShutdown();

    await expect(readiness.check()).resolves.toEqual({
      status: 'error',
      info: {},
      error: { shutdown: { status: 'down' } },
      details: { shutdown: { status: 'down' } },
    });
  });
});
