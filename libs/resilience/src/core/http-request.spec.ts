import { describe, expect, it } from 'vitest';
import { isRepeatable } from './http-request.ts';

describe('isRepeatable', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'get', 'Put'])('is true for %s', (method) => {
    expect(isRepeatable({ method })).toBe(true);
  });

  it.each(['POST', 'PATCH', 'CONNECT', ''])('is false for %j', (method) => {
    expect(isRepeatable({ method })).toBe(false);
  });

  it('is true for every method with an idempotency key', () => {
    expect(isRepeatable({ method: 'POST', hasIdempotencyKey: true })).toBe(true);
    expect(isRepeatable({ method: 'POST', hasIdempotencyKey: true, hasStreamBody: true })).toBe(false);
  });

  it('is false for a body that is a stream, which can be read once', () => {
    expect(isRepeatable({ method: 'PUT', hasStreamBody: true })).toBe(false);
    expect(isRepeatable({ method: 'PUT', hasStreamBody: false })).toBe(true);
  });
});
