import { describe, expect, it } from 'vitest';
import {
  currentRequestId,
  currentTraceContext,
  requestIdOf,
  runInRequestContext,
  traceHeaders,
} from './request-context.ts';

describe('runInRequestContext', () => {
  it('separates concurrent requests', async () => {
    const serve = (requestId: string): Promise<string | undefined> =>
      runInRequestContext({ requestId }, async () => {
        await Promise.resolve();
        return currentRequestId();
      });

    await expect(Promise.all([serve('a'), serve('b')])).resolves.toEqual(['a', 'b']);
  });

  it('starts a trace when none is given', () => {
    const [trace, headers] = runInRequestContext({ requestId: 'a' }, () => [currentTraceContext(), traceHeaders()]);

    expect(headers).toEqual({ traceparent: `00-${trace?.traceId}-${trace?.spanId}-00` });
  });

  it('has no id and no trace outside of a request', () => {
    expect(currentRequestId()).toBeUndefined();
    expect(currentTraceContext()).toBeUndefined();
    expect(traceHeaders()).toEqual({});
  });
});

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('requestIdOf', () => {
  it.each(['abc', 'A.b_c-1', 'x'.repeat(128)])('keeps the valid id %s', (id) => {
    expect(requestIdOf({ headers: { 'x-request-id': id } })).toBe(id);
  });

  it.each([undefined, '', 'a b', 'a\nb', '<script>', 'é', 'x'.repeat(129), ['a', 'b']])(
    'replaces %j with a new id',
    (id) => {
      expect(requestIdOf({ headers: { 'x-request-id': id } })).toMatch(uuid);
    },
  );
});
