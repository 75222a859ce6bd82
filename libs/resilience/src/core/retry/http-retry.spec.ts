import { describe, expect, it } from 'vitest';
import { type HttpRequestFacts, isRepeatable } from '../http-request.ts';
import { isRetryableStatus, parseRetryAfter, retryOnHttp } from './http-retry.ts';

const now = Date.UTC(2026, 4, 5, 12, 0, 0);
const clock = { now: () => now };

const withStatus = (status: number) => Object.assign(new Error('error status'), { status });

describe('isRetryableStatus', () => {
  it.each([408, 429, 500, 502, 503, 504, 520])('selects %d', (status) => {
    expect(isRetryableStatus(status)).toBe(true);
  });

  it.each([200, 302, 400, 404, 409, 501, 505])('does not select %d', (status) => {
    expect(isRetryableStatus(status)).toBe(false);
  });
});

describe('isRepeatable', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'get'])('permits to repeat a %s request', (method) => {
    expect(isRepeatable({ method })).toBe(true);
  });

  it.each(['POST', 'PATCH', 'CONNECT', 'post', 'BREW'])(
    'permits to repeat a %s request only if it has an idempotency key',
    (method) => {
      expect(isRepeatable({ method })).toBe(false);
      expect(isRepeatable({ method, hasIdempotencyKey: true })).toBe(true);
    },
  );
});

describe('retryOnHttp', () => {
  it('retries errors by the status of the error or its response, and errors without a status', () => {
    const { retryOnException } = retryOnHttp({ method: 'GET' });

    expect(retryOnException(withStatus(503))).toBe(true);
    expect(retryOnException(withStatus(501))).toBe(false);
    expect(retryOnException(withStatus(429))).toBe(true);
    expect(retryOnException(Object.assign(new Error('axios'), { response: { status: 502 } }))).toBe(true);
    expect(retryOnException(Object.assign(new Error('axios'), { response: { status: 404 } }))).toBe(false);
    expect(retryOnException(new TypeError('fetch failed'))).toBe(true);
    expect(retryOnException('text')).toBe(true);
  });

  it('retries returned Responses by their status, and no other value', () => {
    const { retryOnResult } = retryOnHttp({ method: 'GET' });

    expect(retryOnResult(new Response(null, { status: 503 }))).toBe(true);
    expect(retryOnResult(new Response(null, { status: 200 }))).toBe(false);
    expect(retryOnResult({ name: 'customer' })).toBe(false);
    expect(retryOnResult(undefined)).toBe(false);
  });

  it('retries no request that must not be repeated', () => {
    const { retryOnException, retryOnResult } = retryOnHttp({ method: 'POST' });

    expect(retryOnException(withStatus(503))).toBe(false);
    expect(retryOnException(new TypeError('fetch failed'))).toBe(false);
    expect(retryOnResult(new Response(null, { status: 503 }))).toBe(false);
    expect(retryOnHttp({ method: 'POST', hasIdempotencyKey: true }).retryOnException(withStatus(503))).toBe(true);
  });

  it('computes the properties of a request from the error of an attempt', () => {
    const { retryOnException } = retryOnHttp((failure) => (failure as { request: HttpRequestFacts }).request);
    const failed = (method: string) => Object.assign(withStatus(503), { request: { method } });

    expect(retryOnException(failed('GET'))).toBe(true);
    expect(retryOnException(failed('POST'))).toBe(false);
  });

  it('waits as long as the Retry-After header or the retryAfterMs of the error requires', () => {
    const { retryAfterFunction } = retryOnHttp({ method: 'GET' }, clock);
    const headers = { 'retry-after': '3' };

    expect(retryAfterFunction({ result: new Response(null, { headers }) })).toBe(3_000);
    expect(retryAfterFunction({ error: Object.assign(new Error('axios'), { response: { headers } }) })).toBe(3_000);
    expect(retryAfterFunction({ error: Object.assign(new Error('busy'), { headers }) })).toBe(3_000);
    expect(retryAfterFunction({ error: Object.assign(new Error('busy'), { retryAfterMs: 7 }) })).toBe(7);
    expect(retryAfterFunction({ result: new Response() })).toBeUndefined();
    expect(retryAfterFunction({ error: new Error('outage') })).toBeUndefined();
  });

  it('computes the wait for a Retry-After date with the clock', () => {
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
    ['Fri May 15 12:00:00 2026', 864_000_000],
    ['Tue, 05 May 2026 11:59:59 GMT', 0],
  ])('parses %j', (header, waitMs) => {
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
    'on Tue, 05 May 2026 12:00:10 GMT',
    'Tue, 05 May 2026 12:00:10 GMT+0100',
    'on Tuesday, 05-May-26 12:00:10 GMT',
    'Tuesday, 05-May-26 12:00:10 GMT+0100',
    'on Tue May  5 12:00:10 2026',
    'Tue May  5 12:00:10 2026 +0100',
    '05 May 2026 12:00:10',
  ])('returns undefined for %j', (header) => {
    expect(parseRetryAfter(header, now)).toBeUndefined();
  });
});
