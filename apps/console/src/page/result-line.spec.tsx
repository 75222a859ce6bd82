// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ResultLine } from './result-line.tsx';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const text = () => screen.getByRole('status').textContent;
const wait = (ms: number) => void act(() => void vi.advanceTimersByTime(ms));

describe('the result of a command', () => {
  it('disappears after a while when the command succeeded', () => {
    render(<ResultLine result={{ isDone: true, message: 'Every response is 503.' }} />);

    wait(5_900);
    expect(text()).toBe('Every response is 503.');
    wait(200);
    expect(text()).toBe('');
  });

  it('is replaced by the next result, which is shown for the full time', () => {
    const { rerender } = render(<ResultLine result={{ isDone: true, message: 'one' }} />);
    wait(5_000);

    rerender(<ResultLine result={{ isDone: true, message: 'two' }} />);

    wait(5_000);
    expect(text()).toBe('two');
    wait(2_000);
    expect(text()).toBe('');
  });

  it('stays when the command failed', () => {
    render(<ResultLine result={{ isDone: false, message: 'A token is required. Enter it first.' }} />);

    wait(60_000);
    expect(text()).toBe('A token is required. Enter it first.');
  });
});
