import { describe, expect, it } from 'vitest';
import { AimdLimit, GradientLimit, type GradientLimitConfig } from './limit-algorithms.ts';

const aimd = (options: { initialLimit?: number; minLimit?: number; maxLimit?: number } = {}) =>
  new AimdLimit({ initialLimit: 10, minLimit: 1, maxLimit: 200, backoffRatio: 0.9, timeout: 5_000, ...options });

const success = (inFlight: number) => ({ rttMs: 10, inFlight, didDrop: false });
const drop = (inFlight: number) => ({ rttMs: 10, inFlight, didDrop: true });

describe('AimdLimit', () => {
  it('rises by one after as many successful calls as the limit permits', () => {
    const limit = aimd();

    for (let call = 1; call < 10; call++) expect(limit.onSample(success(10))).toBe(10);

    expect(limit.onSample(success(10))).toBe(11);
  });

  it('does not rise while less than half of it is used', () => {
    const limit = aimd();

    for (let call = 0; call < 100; call++) limit.onSample(success(4));
    expect(limit.limit).toBe(10);
    for (let call = 0; call < 10; call++) limit.onSample(success(5));

    expect(limit.limit).toBe(11);
  });

  it('is multiplied by backoffRatio when a call is dropped, and falls by at least one', () => {
    expect(aimd({ initialLimit: 100 }).onSample(drop(100))).toBe(90);
    expect(aimd({ initialLimit: 5 }).onSample(drop(5))).toBe(4);
  });

  it('counts a call that is slower than the timeout as a drop, but not one that takes exactly the timeout', () => {
    expect(aimd().onSample({ rttMs: 5_000, inFlight: 10, didDrop: false })).toBe(10);
    expect(aimd().onSample({ rttMs: 5_001, inFlight: 10, didDrop: false })).toBe(9);
  });

  it('falls once for all calls that were in flight at the first drop', () => {
    const limit = aimd({ initialLimit: 100 });

    for (let call = 0; call < 100; call++) limit.onSample(drop(100));
    expect(limit.limit).toBe(90);

    expect(limit.onSample(drop(90))).toBe(81);
  });

  it('does not count successful calls from before a drop', () => {
    const limit = aimd();
    for (let call = 0; call < 9; call++) limit.onSample(success(10));
    limit.onSample(drop(1));

    for (let call = 0; call < 8; call++) expect(limit.onSample(success(9))).toBe(9);

    expect(limit.onSample(success(9))).toBe(10);
  });

  it('stays between minLimit and maxLimit', () => {
    const low = aimd({ initialLimit: 4, minLimit: 4 });
    const high = aimd({ initialLimit: 4, maxLimit: 4 });

    low.onSample(drop(1));
    for (let call = 0; call < 20; call++) high.onSample(success(4));

    expect(low.limit).toBe(4);
    expect(high.limit).toBe(4);
  });
});

const gradient = (options: Partial<GradientLimitConfig> = {}) =>
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

function addSamples(
  limit: GradientLimit,
  calls: number,
  rttMs: number,
  { inFlight = limit.limit, didDrop = false } = {},
) {
  for (let call = 0; call < calls; call++) limit.onSample({ rttMs, inFlight, didDrop });
  return limit.limit;
}

/** An algorithm that has measured `baselineMs` as the latency without load: after a first window and a probe. */
function gradientWithBaseline(options: Partial<GradientLimitConfig> = {}, baselineMs = 100) {
  const limit = gradient(options);
  addSamples(limit, limit.limit, baselineMs);
  addSamples(limit, limit.limit + 20, baselineMs);
  return limit;
}

describe('GradientLimit', () => {
  it('first measures the latency without load, at a limit that leaves half of the dependency free', () => {
    const limit = gradient();

    expect(addSamples(limit, 29, 100)).toBe(30);
    expect(addSamples(limit, 1, 100)).toBe(10);
    expect(addSamples(limit, 29, 100)).toBe(10);
    expect(addSamples(limit, 1, 100)).toBe(30);
  });

  it('makes its first probe after at least ten calls, also with a lower limit', () => {
    const limit = gradient({ initialLimit: 6 });

    expect(addSamples(limit, 9, 100)).toBe(6);
    expect(addSamples(limit, 1, 100)).toBe(2);
  });

  it('probes with no lower limit than minLimit', () => {
    expect(addSamples(gradient({ minLimit: 12 }), 30, 100)).toBe(12);
  });

  it.each([
    { unloaded: 20, limitAfter: 30 },
    { unloaded: 19, limitAfter: 10 },
  ])('needs no probe at the start if 20 calls run without load: the limit after $unloaded is $limitAfter', (given) => {
    const limit = gradient();
    addSamples(limit, given.unloaded, 100, { inFlight: 10 });

    expect(addSamples(limit, 30 - given.unloaded, 100, { inFlight: 11 })).toBe(given.limitAfter);
  });

  it('does not take dropped calls as calls without load', () => {
    const limit = gradient({ backoffRatio: 0.99 });

    addSamples(limit, 15, 100, { inFlight: 9, didDrop: true });

    expect(addSamples(limit, 15, 100, { inFlight: 9 })).toBe(9);
  });

  it('makes no further probe without slow calls since the last measurement', () => {
    const limit = gradientWithBaseline({ longWindow: 60, maxLimit: 30 });
    addSamples(limit, 30, 200);
    for (let call = 0; call < 30; call++) addSamples(limit, 1, 100, { inFlight: 8 });

    for (let call = 0; call < 60; call++) expect(addSamples(limit, 1, 100, { inFlight: 20 })).toBeGreaterThan(20);
  });

  it('makes no probe when enough calls run without load', () => {
    const limit = gradient();

    for (let call = 0; call < 2_000; call++) expect(addSamples(limit, 1, 100, { inFlight: 10 })).toBe(30);
  });

  it('makes no probe while latencies are within rttTolerance', () => {
    const limit = gradientWithBaseline({ maxLimit: 30 });

    for (let call = 0; call < 2_000; call++) expect(addSamples(limit, 1, 150, { inFlight: 20 })).toBe(30);
  });

  it('does not measure calls that were admitted before the probe started', () => {
    const limit = gradient();
    addSamples(limit, 30, 100);

    expect(addSamples(limit, 100, 100, { inFlight: 11 })).toBe(10);
    expect(addSamples(limit, 30, 100, { inFlight: 10 })).toBe(30);
  });

  it('rises by smoothing times queueSize in a round trip while latencies are within rttTolerance', () => {
    const limit = gradientWithBaseline({ smoothing: 0.5, queueSize: 4 });

    expect(addSamples(limit, 29, 150)).toBe(30);
    expect(addSamples(limit, 1, 150)).toBe(32);
  });

  it('falls when latencies exceed rttTolerance', () => {
    const limit = gradientWithBaseline({ smoothing: 1, queueSize: 1 });

    expect(addSamples(limit, 30, 200)).toBe(23);
  });

  it('falls by at most half in one update, even for very slow calls', () => {
    const limit = gradientWithBaseline({ smoothing: 1, queueSize: 1 });

    expect(addSamples(limit, 30, 60_000)).toBe(16);
  });

  it('neither rises nor falls while less than half of it is used', () => {
    const limit = gradientWithBaseline({ smoothing: 1 });

    expect(addSamples(limit, 30, 100, { inFlight: 14 })).toBe(30);
    expect(addSamples(limit, 30, 900, { inFlight: 14 })).toBe(30);
  });

  it('rises and falls while exactly half of it is used', () => {
    const limit = gradientWithBaseline({ smoothing: 1 });

    expect(addSamples(limit, 30, 100, { inFlight: 15 })).toBe(34);
  });

  it('falls in proportion to the share of drops, and does not rise in a window with a drop', () => {
    expect(addSamples(gradientWithBaseline(), 30, 100, { didDrop: true })).toBe(27);

    const limit = gradientWithBaseline({ smoothing: 1 });
    addSamples(limit, 27, 100);
    expect(addSamples(limit, 3, 100, { didDrop: true })).toBe(29);
  });

  it('ignores the latencies of dropped calls', () => {
    const limit = gradientWithBaseline({ smoothing: 1, queueSize: 1 });
    addSamples(limit, 15, 0, { didDrop: true });

    expect(addSamples(limit, 15, 200)).toBe(21);
  });

  it('measures the latency without load again after longWindow calls when the dependency has become slower', () => {
    const limit = gradientWithBaseline({ longWindow: 60, smoothing: 1, queueSize: 1 });
    addSamples(limit, 30, 200);
    expect(limit.limit).toBe(23);

    addSamples(limit, 30, 200);
    const probeLimit = limit.limit;
    addSamples(limit, probeLimit + 20, 200);
    const limitAfterProbe = limit.limit;
    addSamples(limit, limitAfterProbe, 200);

    expect(probeLimit).toBe(6);
    expect(limit.limit).toBe(limitAfterProbe + 1);
  });

  it('measures the latency without load again without a probe when enough calls run without load', () => {
    const limit = gradientWithBaseline({ longWindow: 60, smoothing: 1, queueSize: 1 });

    addSamples(limit, 60, 200, { inFlight: 8 });

    expect(addSamples(limit, 30, 200)).toBe(31);
  });

  it('ends a probe at a drop', () => {
    const limit = gradient();
    addSamples(limit, 30, 100);

    expect(addSamples(limit, 1, 100, { didDrop: true })).toBe(27);
  });

  it('rises when all calls take 0 ms', () => {
    const limit = gradientWithBaseline({ smoothing: 1 }, 0);

    expect(addSamples(limit, 30, 0)).toBe(34);
  });
});
