import { Logger } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { PacedClock } from './testing/paced-clock.ts';
import { Faults } from './faults.ts';
import { timelineBody } from './timeline.schema.ts';
import { Timeline } from './timeline.ts';

Logger.overrideLogger(false);

const threeSteps = {
  steps: [
    { at: '0s', faults: { latency: '1s' } },
    { at: '10s', faults: { unready: true } },
    { at: '30s', faults: {} },
  ],
};

function playing(body: unknown, speed = 1) {
  const clock = new PacedClock(speed);
  const faults = new Faults(clock, Math.random);
  const timeline = new Timeline(faults, clock);
  timeline.start(timelineBody.parse(body));
  return { clock, faults, timeline };
}

describe('Timeline', () => {
  it('sets each step’s faults in place of those before, the first at once, and ends', async () => {
    const { clock, faults, timeline } = playing(threeSteps);
    const seen = [{ active: faults.active, report: timeline.report }];
    for (const ms of [9_999, 1, 20_000]) {
      await clock.advance(ms);
      seen.push({ active: faults.active, report: timeline.report });
    }

    expect(seen).toMatchObject([
      { active: ['latency'], report: { state: 'playing', step: 0, elapsed: '0ms', endsIn: '30s', duration: '30s' } },
      { active: ['latency'], report: { state: 'playing', step: 0, elapsed: '9999ms', endsIn: '20001ms' } },
      { active: ['unready'], report: { state: 'playing', step: 1, elapsed: '10s', endsIn: '20s' } },
      { active: [], report: { state: 'ended', step: 2, elapsed: '30s', endsIn: null } },
    ]);
  });

  it('runs as fast as the demo’s time does', async () => {
    const { clock, timeline } = playing(threeSteps, 10);

    await clock.advance(1_000);

    expect(timeline.report).toMatchObject({ step: 1, elapsed: '10s', endsIn: '20s' });
  });

  it('begins again where it repeats, without drifting', async () => {
    const { clock, faults, timeline } = playing({ ...threeSteps, repeat: true, duration: '60s' });
    const active: string[][] = [];

    for (const ms of [60_000, 10_000, 20_000, 30_000 + 60_000 * 100]) {
      await clock.advance(ms);
      active.push(faults.active);
    }

    expect(active).toEqual([['latency'], ['unready'], [], ['latency']]);
    expect(timeline.report).toMatchObject({ state: 'playing', elapsed: '0ms', endsIn: null });
  });

  it('lets go between rounds that are shorter than the clock can tell', async () => {
    const { clock, timeline } = playing({ steps: [{ at: '0s', faults: {} }], repeat: true, duration: '1ms' }, 1_000);

    await clock.advance(5);

    expect(timeline.report).toMatchObject({ state: 'playing' });
    timeline.stop();
  });

  it('leaves the faults as they are when it is stopped', async () => {
    const { clock, faults, timeline } = playing(threeSteps);
    await clock.advance(12_000);

    timeline.stop();
    await clock.advance(60_000);

    expect(faults.active).toEqual(['unready']);
    expect(timeline.report).toMatchObject({ state: 'stopped', step: 1, elapsed: '12s', endsIn: null });
  });

  it('is replaced by another', async () => {
    const { clock, faults, timeline } = playing(threeSteps);

    timeline.start(timelineBody.parse({ steps: [{ at: '1s', faults: { hang: { rate: 1 } } }] }));
    await clock.advance(15_000);

    expect(faults.active).toEqual(['hang']);
    expect(timeline.report).toMatchObject({ state: 'ended', step: 0, elapsed: '1s' });
  });
});
