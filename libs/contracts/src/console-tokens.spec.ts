import { describe, expect, it } from 'vitest';
import { tokensIn, withTokens } from './console-tokens.ts';

describe('the tokens in the address of the console', () => {
  it('are in its fragment, and are read from there', () => {
    const tokens = { faults: 'a-b_c', actuator: 'x&y=z #+%' };
    const url = new URL(withTokens('http://localhost:8080/console/', tokens));

    expect(url.origin + url.pathname + url.search).toBe('http://localhost:8080/console/');
    expect(tokensIn(url.hash)).toEqual(tokens);
  });

  it('may be only one of them', () => {
    expect(tokensIn('#actuator=t')).toEqual({ actuator: 't' });
  });

  it.each(['', '#', '#controls', '#faults=', '#faults'])('are none in the fragment %j', (fragment) => {
    expect(tokensIn(fragment)).toEqual({});
  });
});
