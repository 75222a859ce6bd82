// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutcomeLine } from './outcome-line.tsx';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const words = () => screen.getByRole('status').textContent;
const pass = (ms: number) => void act(() => void vi.advanceTimersByTime(ms));

describe('how a command ended', () => {
  it('is told for a while where it was done', () => {
    render(<OutcomeLine outcome={{ isDone: true, message: 'Every answer is 503.' }} />);

    pass(5_900);
    expect(words()).toBe('Every answer is 503.');
    pass(200);
    expect(words()).toBe('');
  });

  it('is told anew, and for as long again, when it was asked for again', () => {
    const { rerender } = render(<OutcomeLine outcome={{ isDone: true, message: 'one' }} />);
    pass(5_000);

    rerender(<OutcomeLine outcome={{ isDone: true, message: 'two' }} />);

    pass(5_000);
    expect(words()).toBe('two');
    pass(2_000);
    expect(words()).toBe('');
  });

  it('stays where it failed', () => {
    render(<OutcomeLine outcome={{ isDone: false, message: 'This takes a token: enter it first.' }} />);

    pass(60_000);
    expect(words()).toBe('This takes a token: enter it first.');
  });
});
