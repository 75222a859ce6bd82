import { describe, expect, it } from 'vitest';
import { currentRequestId, currentTraceContext, runInRequestContext, traceHeaders } from './request-context.ts';

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

  it('has no id and no trace outside of a request', () => {
    expect(currentRequestId()).toBeUndefined();
    expect(currentTraceContext()).toBeUndefined();
    expect(traceHeaders()).toEqual({});
  });
});
