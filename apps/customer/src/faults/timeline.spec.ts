import { Logger } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { DemoTime } from './demo-time.ts';
import { FakeTimer } from './testing/fake-timer.ts';
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

function playing(body: unknown, scale = 1) {
  const timer = new FakeTimer();
  const time = new DemoTime(scale, timer);
  const faults = new Faults(time, Math.random);
  const timeline = new Timeline(faults, time);
  timeline.start(timelineBody.parse(body));
  return { timer, faults, timeline };
}

describe('Timeline', () => {
  it('sets each step’s faults in place of those before, the first at once, and ends', async () => {
    const { timer, faults, timeline } = playing(threeSteps);
    const seen = [{ active: faults.active, report: timeline.report }];
    for (const ms of [9_999, 1, 20_000]) {
      await timer.advance(ms);
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
    const { timer, timeline } = playing(threeSteps, 10);

    await timer.advance(1_000);

    expect(timeline.report).toMatchObject({ step: 1, elapsed: '10s', endsIn: '20s' });
  });

  it('begins again where it repeats, without drifting', async () => {
    const { timer, faults, timeline } = playing({ ...threeSteps, repeat: true, duration: '60s' });
    const active: string[][] = [];

    for (const ms of [60_000, 10_000, 20_000, 30_000 + 60_000 * 100]) {
      await timer.advance(ms);
      active.push(faults.active);
    }

    expect(active).toEqual([['latency'], ['unready'], [], ['latency']]);
    expect(timeline.report).toMatchObject({ state: 'playing', elapsed: '0ms', endsIn: null });
  });

  it('lets go between rounds that are shorter than the clock can tell', async () => {
    const { timer, timeline } = playing({ steps: [{ at: '0s', faults: {} }], repeat: true, duration: '1ms' }, 1_000);

    await timer.advance(5);

    expect(timeline.report).toMatchObject({ state: 'playing' });
    timeline.stop();
  });

  it('leaves the faults as they are when it is stopped', async () => {
    const { timer, faults, timeline } = playing(threeSteps);
    await timer.advance(12_000);

    timeline.stop();
    await timer.advance(60_000);

    expect(faults.active).toEqual(['unready']);
    expect(timeline.report).toMatchObject({ state: 'stopped', step: 1, elapsed: '12s', endsIn: null });
  });

  it('is replaced by another', async () => {
    const { timer, faults, timeline } = playing(threeSteps);

    timeline.start(timelineBody.parse({ steps: [{ at: '1s', faults: { hang: { rate: 1 } } }] }));
    await timer.advance(15_000);

    expect(faults.active).toEqual(['hang']);
    expect(timeline.report).toMatchObject({ state: 'ended', step: 0, elapsed: '1s' });
  });
});
