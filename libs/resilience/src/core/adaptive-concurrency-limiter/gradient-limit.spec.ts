import { describe, expect, it } from 'vitest';
import { GradientLimit, type GradientLimitConfig } from './gradient-limit.ts';

const setUp = (options: Partial<GradientLimitConfig> = {}) =>
  new GradientLimit({
    initialLimit: 30,
    minLimit: 1,
    maxLimit: 200,
    backoffRatio: 0.9,
    smoothing: 0.2,
    rttTolerance: 1.5,
    longWindow: 600,
    queueSize: 4,
    ...options,
  });

function feed(limit: GradientLimit, calls: number, rttMs: number, { inFlight = limit.limit, didDrop = false } = {}) {
  for (let call = 0; call < calls; call++) limit.onSample({ rttMs, inFlight, didDrop });
  return limit.limit;
}

/** Feeds a first window, after which it measures, and then what it measures. */
function measured(options: Partial<GradientLimitConfig> = {}, baselineMs = 100) {
  const limit = setUp(options);
  feed(limit, limit.limit, baselineMs);
  feed(limit, limit.limit + 20, baselineMs);
  return limit;
}

describe('GRADIENT', () => {
  it('measures the round trip without load first, at a limit under which half of the dependency is free', () => {
    const limit = setUp();

    expect(feed(limit, 29, 100)).toBe(30);
    expect(feed(limit, 1, 100)).toBe(10);
    expect(feed(limit, 29, 100)).toBe(10);
    expect(feed(limit, 1, 100)).toBe(30);
  });

  it('needs no measurement of its own when enough calls are quiet by themselves', () => {
    const limit = setUp();

    for (let call = 0; call < 2_000; call++) expect(feed(limit, 1, 100, { inFlight: 10 })).toBe(30);
  });

  it('does not measure, and so refuse calls, while they take no longer than tolerated', () => {
    const limit = measured({ maxLimit: 30 });

    for (let call = 0; call < 2_000; call++) expect(feed(limit, 1, 150, { inFlight: 20 })).toBe(30);
  });

  it('does not measure with calls that were admitted before it began to', () => {
    const limit = setUp();
    feed(limit, 30, 100);

    expect(feed(limit, 100, 100, { inFlight: 11 })).toBe(10);
    expect(feed(limit, 30, 100, { inFlight: 10 })).toBe(30);
  });

  it('rises by a share of the queue size in a round trip while calls take no longer than tolerated', () => {
    const limit = measured({ smoothing: 0.5, queueSize: 4 });

    expect(feed(limit, 29, 150)).toBe(30);
    expect(feed(limit, 1, 150)).toBe(32);
  });

  it('falls as calls take longer than tolerated', () => {
    const limit = measured({ smoothing: 1, queueSize: 1 });

    expect(feed(limit, 30, 200)).toBe(23);
  });

  it('falls by no more than half at once, however slow the calls', () => {
    const limit = measured({ smoothing: 1, queueSize: 1 });

    expect(feed(limit, 30, 60_000)).toBe(16);
  });

  it('neither rises nor falls while less than half of it is used', () => {
    const limit = measured({ smoothing: 1 });

    expect(feed(limit, 30, 100, { inFlight: 14 })).toBe(30);
    expect(feed(limit, 30, 900, { inFlight: 14 })).toBe(30);
  });

  it('falls in proportion to the drops, and does not rise with any', () => {
    expect(feed(measured(), 30, 100, { didDrop: true })).toBe(27);

    const limit = measured({ smoothing: 1 });
    feed(limit, 27, 100);
    expect(feed(limit, 3, 100, { didDrop: true })).toBe(29);
  });

  it('does not take how fast calls fail for how fast the dependency is', () => {
    const limit = measured({ smoothing: 1, queueSize: 1 });
    feed(limit, 15, 0, { didDrop: true });

    expect(feed(limit, 15, 200)).toBe(21);
  });

  it('measures anew after the long window, and so learns that the dependency has become slower', () => {
    const limit = measured({ longWindow: 60, smoothing: 1, queueSize: 1 });
    feed(limit, 30, 200);
    expect(limit.limit).toBe(23);

    feed(limit, 30, 200);
    const probeLimit = limit.limit;
    feed(limit, probeLimit + 20, 200);
    const afterwards = limit.limit;
    feed(limit, afterwards, 200);

    expect(probeLimit).toBe(6);
    expect(limit.limit).toBe(afterwards + 1);
  });

  it('ends a measurement at a drop, since the dependency has other worries', () => {
    const limit = setUp();
    feed(limit, 30, 100);

    expect(feed(limit, 1, 100, { didDrop: true })).toBe(27);
  });

  it('is not confused by calls that take no time', () => {
    const limit = measured({ smoothing: 1 }, 0);

    expect(feed(limit, 30, 0)).toBe(34);
  });
});
