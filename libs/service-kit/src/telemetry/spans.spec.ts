import { describe, expect, it } from 'vitest';
import { startServerSpan } from './spans.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

describe('startServerSpan where nothing records spans', () => {
  it.each([
    ['01', 1],
    ['00', 0],
    // Flags of the future, which are not passed on.
    ['ff', 1],
    ['fe', 0],
  ])('continues the trace of the caller with a new span, flags %s', (flags, traceFlags) => {
    const span = startServerSpan({ traceparent: `00-${traceId}-${spanId}-${flags}`, tracestate: 'a=1' }, undefined);

    const context = span.spanContext();
    expect(context).toMatchObject({ traceId, traceFlags });
    expect(context.traceState?.serialize()).toBe('a=1');
    expect(context.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(context.spanId).not.toBe(spanId);
    expect(span.isRecording()).toBe(false);
  });

  it.each([
    ['no header', undefined],
    ['nothing', ''],
    ['the version ff', `ff-${traceId}-${spanId}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['version 00 with more after it', `00-${traceId}-${spanId}-01-more`],
    ['two of them', `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
  ])('starts a trace that is not sampled for %s', (_, traceparent) => {
    const context = startServerSpan({ traceparent, tracestate: 'a=1' }, undefined).spanContext();

    expect(context.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(context.traceId).not.toBe(traceId);
    expect(context.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(context).toMatchObject({ traceFlags: 0 });
    expect(context.traceState).toBeUndefined();
  });

  it('has other ids each time', () => {
    const ids = Array.from({ length: 100 }, () => startServerSpan({}, undefined).spanContext());

    expect(new Set(ids.map(({ traceId }) => traceId)).size).toBe(100);
    expect(new Set(ids.map(({ spanId }) => spanId)).size).toBe(100);
  });
});
