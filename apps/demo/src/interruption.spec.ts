import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Interruption, InterruptionWatch } from './interruption.ts';

let now: number;
let watch: InterruptionWatch;

beforeEach(() => {
  now = 0;
  watch = new InterruptionWatch(() => now);
  watch.onImpatience = vi.fn();
  watch.onDespair = vi.fn();
});

describe('an interruption', () => {
  it('aborts with what a shell reports for the signal', () => {
    watch.receive('SIGTERM');

    expect(watch.signal.reason).toBeInstanceOf(Interruption);
    expect(watch.signal.reason).toMatchObject({ exitCode: 143 });
  });

  it('counts once when a terminal and npm send the same Ctrl-C', () => {
    watch.receive('SIGINT');
    now = 40;
    watch.receive('SIGINT');

    expect(watch.onImpatience).not.toHaveBeenCalled();
  });

  it('asks for haste the second time', () => {
    watch.receive('SIGINT');
    now = 1_000;
    watch.receive('SIGINT');

    expect(watch.onImpatience).toHaveBeenCalledOnce();
    expect(watch.onDespair).not.toHaveBeenCalled();
  });

  it('asks for the end the third time', () => {
    for (now of [0, 1_000, 2_000]) watch.receive('SIGINT');

    expect(watch.onDespair).toHaveBeenCalledWith(130);
  });
});
