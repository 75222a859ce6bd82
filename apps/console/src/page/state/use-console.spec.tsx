// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { snapshotWith } from '../testing/samples.ts';
import { useConsole } from './use-console.ts';

/** A stream that a test has in its hands. */
class Source extends EventTarget {
  static readonly CLOSED = 2;
  static all: Source[] = [];
  readyState = 1;

  constructor(readonly url: string) {
    super();
    Source.all.push(this);
  }

  tell(type: string, data: unknown): void {
    void act(() => void this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) })));
  }

  fail(readyState: number): void {
    this.readyState = readyState;
    void act(() => void this.dispatchEvent(new Event('error')));
  }

  close(): void {
    this.readyState = Source.CLOSED;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', Source);
  Source.all = [];
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the connection of the page', () => {
  it('is live with the first picture', () => {
    const { result } = renderHook(() => useConsole());
    expect(result.current.connection).toBe('connecting');

    Source.all[0]?.tell('snapshot', snapshotWith());

    expect(result.current.connection).toBe('live');
    expect(Source.all.map(({ url }) => url)).toEqual(['/console/api/stream']);
  });

  it('leaves it to the browser to open a stream again that broke off, and keeps what it knew', () => {
    const { result } = renderHook(() => useConsole());
    Source.all[0]?.tell('snapshot', snapshotWith({ at: 5 }));

    Source.all[0]?.fail(0);
    vi.advanceTimersByTime(60_000);

    expect(Source.all).toHaveLength(1);
    expect(result.current).toMatchObject({ connection: 'lost', snapshot: { at: 5 } });
    Source.all[0]?.tell('snapshot', snapshotWith({ at: 6 }));
    expect(result.current).toMatchObject({ connection: 'live', snapshot: { at: 6 } });
  });

  it('asks again by itself where a stream was refused, which the browser does not', () => {
    const { result } = renderHook(() => useConsole());

    Source.all[0]?.fail(Source.CLOSED);
    expect(result.current.connection).toBe('lost');
    vi.advanceTimersByTime(2_000);

    expect(Source.all).toHaveLength(2);
    Source.all[1]?.tell('snapshot', snapshotWith());
    expect(result.current.connection).toBe('live');
  });

  it('ends with the page', () => {
    const { unmount } = renderHook(() => useConsole());

    void act(() => unmount());

    expect(Source.all[0]?.readyState).toBe(Source.CLOSED);
  });
});
