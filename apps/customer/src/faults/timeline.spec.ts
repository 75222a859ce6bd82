import { Logger } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { Faults } from './faults.ts';
import { PacedClock } from './testing/deterministic.ts';
import { Timeline, timelineBody } from './timeline.ts';

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
  it('replaces the faults at each step, at the first one immediately, and ends', async () => {
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

  it('runs outside the async context of the request that starts it', async () => {
    const currentRequest = new AsyncLocalStorage<string>();
    const { clock, faults, timeline } = playing(threeSteps);
    const requests: (string | undefined)[] = [];
    vi.spyOn(faults, 'replace').mockImplementation(() => void requests.push(currentRequest.getStore()));

    currentRequest.run('request 1', () => timeline.start(timelineBody.parse(threeSteps)));
    await clock.advance(30_000);

    expect(requests).toEqual([undefined, undefined, undefined]);
  });

  it('runs as fast as its clock', async () => {
    const { clock, timeline } = playing(threeSteps, 10);

    await clock.advance(1_000);

    expect(timeline.report).toMatchObject({ step: 1, elapsed: '10s', endsIn: '20s' });
  });

  it('repeats without drifting', async () => {
    const { clock, faults, timeline } = playing({ ...threeSteps, repeat: true, duration: '60s' });
    const active: string[][] = [];

    for (const ms of [60_000, 10_000, 20_000, 30_000 + 60_000 * 100]) {
      await clock.advance(ms);
      active.push(faults.active);
    }

    expect(active).toEqual([['latency'], ['unready'], [], ['latency']]);
    expect(timeline.report).toMatchObject({ state: 'playing', elapsed: '0ms', endsIn: null });
  });

  it('does not block the event loop with repetitions that are shorter than a timer', async () => {
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

  it('is replaced by another timeline', async () => {
    const { clock, faults, timeline } = playing(threeSteps);

    timeline.start(timelineBody.parse({ steps: [{ at: '1s', faults: { hang: { rate: 1 } } }] }));
    await clock.advance(15_000);

    expect(faults.active).toEqual(['hang']);
    expect(timeline.report).toMatchObject({ state: 'ended', step: 0, elapsed: '1s' });
  });
});

describe('the body of /faults/timeline', () => {
  const issuesOf = (body: unknown): string[] =>
    timelineBody.safeParse(body).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

  const steps = [
    { at: '0s', faults: { latency: '2s' } },
    { at: '30s', faults: {} },
  ];

  it.each([{ steps }, { steps, repeat: true, duration: '1m' }, { steps, repeat: false, duration: '31s' }])(
    'accepts %j',
    (body) => {
      expect(issuesOf(body)).toEqual([]);
    },
  );

  it.each([
    [{ steps: [] }, 'steps: must be 1 to 100 steps such as {"at":"0s","faults":{"latency":"2s"}}'],
    [
      { steps: Array.from({ length: 101 }, (_, index) => ({ at: `${index}s`, faults: {} })) },
      'steps: must be 1 to 100 steps such as {"at":"0s","faults":{"latency":"2s"}}',
    ],
    [{ steps: [steps[1], steps[0]] }, 'steps.1.at: must be later than the step before, which is at 30s'],
    [
      { steps: [{ at: '0s', faults: { latency: 'soon' } }] },
      'steps.0.faults.latency: must be a duration such as 500ms, 2s or 1m, at most 300s',
    ],
    [{ steps: ['0s'] }, 'steps.0: must be a step such as {"at":"30s","faults":{}}'],
    [{ steps, repeat: true }, 'duration: must be given where repeat is true'],
    [{ steps, duration: '30s' }, 'duration: must be longer than 30s, when the last step is'],
    [{ steps, repeat: 'often' }, 'repeat: must be true or false'],
    [[], ': must be an object such as {"steps":[…]}'],
  ])('refuses %j', (body, issue) => {
    expect(issuesOf(body)).toEqual([issue]);
  });
});
