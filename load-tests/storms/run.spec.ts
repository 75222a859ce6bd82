import { describe, expect, it } from 'vitest';
import { invalidity } from './run.ts';

describe('A run of the real system', () => {
  it('is valid while k6 sends everything and the services get their processors', () => {
    expect(invalidity(0, 50)).toBeUndefined();
  });

  it('is invalid when k6 could not send everything', () => {
    expect(invalidity(3, 10)).toBe('k6 could not start 3 requests in time, so the load was lower than planned');
  });

  it('is invalid when the services waited for a processor, or their lag is unknown', () => {
    expect(invalidity(0, 51)).toBe('the services waited for a processor (event-loop lag 51 ms)');
    expect(invalidity(0, Number.NaN)).toBeDefined();
  });
});
