import { describe, expect, it } from 'vitest';
import {
  currentRequestId,
  currentTraceContext,
  remainingRequestMs,
  runInRequestContext,
  traceHeaders,
} from './request-context.ts';

describe('runInRequestContext', () => {
  it('keeps requests that are served at the same time apart', async () => {
    const serve = (requestId: string): Promise<string | undefined> =>
      runInRequestContext({ requestId }, async () => {
        await Promise.resolve();
        return currentRequestId();
      });

    await expect(Promise.all([serve('a'), serve('b')])).resolves.toEqual(['a', 'b']);
  });

  it('begins a trace where it is given none', () => {
    const [trace, headers] = runInRequestContext({ requestId: 'a' }, () => [currentTraceContext(), traceHeaders()]);

    expect(headers).toEqual({ traceparent: `00-${trace?.traceId}-${trace?.spanId}-00` });
  });

  it('knows no id outside of a request, no trace and no end', () => {
    expect(currentRequestId()).toBeUndefined();
    expect(currentTraceContext()).toBeUndefined();
    expect(traceHeaders()).toEqual({});
    expect(remainingRequestMs()).toBeUndefined();
  });
});

describe('remainingRequestMs', () => {
  const remaining = (endsAt?: number) => runInRequestContext({ requestId: 'a', endsAt }, remainingRequestMs);

  it('is what is left until the end of the request', () => {
    expect(remaining(performance.now() + 60_000)).toBeGreaterThan(59_000);
    expect(remaining(performance.now() + 60_000)).toBeLessThanOrEqual(60_000);
  });

  it('is 0 once the end has passed', () => {
    expect(remaining(performance.now() - 1)).toBe(0);
  });

  it('is not known where the caller has not said', () => {
    expect(remaining()).toBeUndefined();
  });

  it('is no more than what is left of a limit, from when the request came', () => {
    const startedAt = performance.now() - 10_000;
    const limited = (limitMs: number, endsAt?: number) =>
      runInRequestContext({ requestId: 'a', startedAt, endsAt }, () => remainingRequestMs(limitMs));

    expect(limited(60_000)).toBeGreaterThan(49_000);
    expect(limited(60_000)).toBeLessThanOrEqual(50_000);
    expect(limited(60_000, startedAt + 20_000)).toBeLessThanOrEqual(10_000);
    expect(limited(9_000)).toBe(0);
    expect(remainingRequestMs(60_000)).toBeUndefined();
  });
});
