import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Watch } from './watch.ts';

describe('a watch', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const setUp = () => {
    const monitor = { start: vi.fn(), stop: vi.fn() };
    return { monitor, watch: new Watch(monitor) };
  };

  it('starts with the first page, and stops 30 s after the last one has gone', () => {
    const { monitor, watch } = setUp();

    watch.setPages(1);
    watch.setPages(0);
    expect(monitor.start).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(29_999);
    expect(monitor.stop).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);

    expect(monitor.stop).toHaveBeenCalledOnce();
  });

  it('goes on when a page reloads within 30 s', () => {
    const { monitor, watch } = setUp();

    watch.setPages(1);
    watch.setPages(0);
    vi.advanceTimersByTime(29_000);
    watch.setPages(1);
    vi.advanceTimersByTime(60_000);

    expect(monitor.stop).not.toHaveBeenCalled();
  });

  it('stops at once when it ends', () => {
    const { monitor, watch } = setUp();

    watch.setPages(1);
    watch.setPages(0);
    watch.end();
    vi.advanceTimersByTime(60_000);

    expect(monitor.stop).toHaveBeenCalledOnce();
  });
});
