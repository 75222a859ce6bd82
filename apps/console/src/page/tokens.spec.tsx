// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';
import { useTokens } from './tokens.ts';

afterEach(() => {
  cleanup();
  sessionStorage.clear();
  history.replaceState(null, '', '/');
});

const tokens = () => {
  const { faults, actuator } = renderHook(useTokens).result.current;
  return { faults, actuator };
};

describe('the tokens of a tab', () => {
  it('are taken from the address, which then has none', () => {
    history.replaceState(null, '', '/console/?x=1#faults=f-1&actuator=a-1');

    expect(tokens()).toEqual({ faults: 'f-1', actuator: 'a-1' });
    expect(location.pathname + location.search + location.hash).toBe('/console/?x=1');
    // As after a reload.
    expect(tokens()).toEqual({ faults: 'f-1', actuator: 'a-1' });
  });

  it('stay as they are entered with another fragment', async () => {
    const { result } = renderHook(useTokens);
    await act(() => result.current.set('faults', 'entered'));
    history.replaceState(null, '', '/console/#controls');

    expect(tokens()).toEqual({ faults: 'entered', actuator: '' });
    expect(location.hash).toBe('#controls');
  });

  it('are taken from an address that is opened in the same tab', async () => {
    const { result } = renderHook(useTokens);
    history.replaceState(null, '', '/console/#actuator=a-2');
    await act(() => void dispatchEvent(new Event('hashchange')));

    expect(result.current).toMatchObject({ faults: '', actuator: 'a-2' });
    expect(location.hash).toBe('');
  });
});
