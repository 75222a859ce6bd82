import { describe, expect, it } from 'vitest';
import { type HttpRequestFacts, isRepeatable, isRetryableStatus, parseRetryAfter, retryOnHttp } from './http-retry.ts';

const now = Date.UTC(2026, 4, 5, 12, 0, 0);
const clock = { now: () => now };

const withStatus = (status: number) => Object.assign(new Error('an answer'), { status });

describe('A status', () => {
  it('is worth a retry only when it is 500, 502, 503 or 504', () => {
    const statuses = Array.from({ length: 500 }, (_, index) => 100 + index);

    expect(statuses.filter(isRetryableStatus)).toStrictEqual([500, 502, 503, 504]);
  });
});

describe('A request', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'get'])('may be repeated when it is a %s', (method) => {
    expect(isRepeatable({ method })).toBe(true);
  });

  it.each(['POST', 'PATCH', 'CONNECT', 'post', 'BREW'])(
    'may not when it is a %s, unless it carries a key',
    (method) => {
      expect(isRepeatable({ method })).toBe(false);
      expect(isRepeatable({ method, hasIdempotencyKey: true })).toBe(true);
    },
  );
});

describe('retryOnHttp', () => {
  it('retries errors by their status, wherever a client puts it, and errors without an answer', () => {
    const { retryOnException } = retryOnHttp({ method: 'GET' });

    expect(retryOnException(withStatus(503))).toBe(true);
    expect(retryOnException(withStatus(501))).toBe(false);
    expect(retryOnException(withStatus(429))).toBe(false);
    expect(retryOnException(Object.assign(new Error('axios'), { response: { status: 502 } }))).toBe(true);
    expect(retryOnException(Object.assign(new Error('axios'), { response: { status: 404 } }))).toBe(false);
    expect(retryOnException(new TypeError('fetch failed'))).toBe(true);
    expect(retryOnException('text')).toBe(true);
  });

  it('retries Responses by their status, and no other value', () => {
    const { retryOnResult } = retryOnHttp({ method: 'GET' });

    expect(retryOnResult(new Response(null, { status: 503 }))).toBe(true);
    expect(retryOnResult(new Response(null, { status: 200 }))).toBe(false);
    expect(retryOnResult({ name: 'customer' })).toBe(false);
    expect(retryOnResult(undefined)).toBe(false);
  });

  it('retries nothing that may not be repeated', () => {
    const { retryOnException, retryOnResult } = retryOnHttp({ method: 'POST' });

    expect(retryOnException(withStatus(503))).toBe(false);
    expect(retryOnException(new TypeError('fetch failed'))).toBe(false);
    expect(retryOnResult(new Response(null, { status: 503 }))).toBe(false);
    expect(retryOnHttp({ method: 'POST', hasIdempotencyKey: true }).retryOnException(withStatus(503))).toBe(true);
  });

  it('can be told the facts of a request by what it came to', () => {
    const { retryOnException } = retryOnHttp((failure) => (failure as { request: HttpRequestFacts }).request);
    const failed = (method: string) => Object.assign(withStatus(503), { request: { method } });

    expect(retryOnException(failed('GET'))).toBe(true);
    expect(retryOnException(failed('POST'))).toBe(false);
  });

  it('waits as long as the header asks, or the error says', () => {
    const { retryAfterFunction } = retryOnHttp({ method: 'GET' }, clock);
    const headers = { 'retry-after': '3' };

    expect(retryAfterFunction({ result: new Response(null, { headers }) })).toBe(3_000);
    expect(retryAfterFunction({ error: Object.assign(new Error('axios'), { response: { headers } }) })).toBe(3_000);
    expect(retryAfterFunction({ error: Object.assign(new Error('busy'), { headers }) })).toBe(3_000);
    expect(retryAfterFunction({ error: Object.assign(new Error('busy'), { retryAfterMs: 7 }) })).toBe(7);
    expect(retryAfterFunction({ result: new Response() })).toBeUndefined();
    expect(retryAfterFunction({ error: new Error('outage') })).toBeUndefined();
  });

  it('reads a date by the clock', () => {
    const { retryAfterFunction } = retryOnHttp({ method: 'GET' }, clock);
    const headers = { 'Retry-After': 'Tue, 05 May 2026 12:00:10 GMT' };

    expect(retryAfterFunction({ result: new Response(null, { headers }) })).toBe(10_000);
  });
});

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 5 ', 5_000],
    ['Tue, 05 May 2026 12:00:10 GMT', 10_000],
    ['Tuesday, 05-May-26 12:00:10 GMT', 10_000],
    ['Tue May  5 12:00:10 2026', 10_000],
    ['Tue, 05 May 2026 11:59:59 GMT', 0],
  ])('understands %j', (header, waitMs) => {
    expect(parseRetryAfter(header, now)).toBe(waitMs);
  });

  it.each([
    null,
    undefined,
    '',
    'soon',
    '-1',
    '1.5',
    '1e3',
    'soon 5',
    '2026-05-05T12:00:10Z',
    'Tue, 99 Foo 2026 12:00:10 GMT',
  ])('takes %j for no wish', (header) => {
    expect(parseRetryAfter(header, now)).toBeUndefined();
  });
});
