import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Interruption, InterruptionWatch } from './interruption.ts';

let now: number;
let watch: InterruptionWatch;

beforeEach(() => {
  now = 0;
  watch = new InterruptionWatch(() => now);
  watch.onSecondRequest = vi.fn();
  watch.onThirdRequest = vi.fn();
});

describe('InterruptionWatch', () => {
  it('aborts with the exit code of the signal', () => {
    watch.receive('SIGTERM');

    expect(watch.signal.reason).toBeInstanceOf(Interruption);
    expect(watch.signal.reason).toMatchObject({ exitCode: 143 });
  });

  it('counts Ctrl-C once when the terminal and npm both send it', () => {
    watch.receive('SIGINT');
    now = 40;
    watch.receive('SIGINT');

    expect(watch.onSecondRequest).not.toHaveBeenCalled();
  });

  it('reports a second request', () => {
    watch.receive('SIGINT');
    now = 1_000;
    watch.receive('SIGINT');

    expect(watch.onSecondRequest).toHaveBeenCalledOnce();
    expect(watch.onThirdRequest).not.toHaveBeenCalled();
  });

  it('reports a third request', () => {
    for (now of [0, 1_000, 2_000]) watch.receive('SIGINT');

    expect(watch.onThirdRequest).toHaveBeenCalledWith(130);
  });
});
