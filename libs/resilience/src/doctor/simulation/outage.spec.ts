import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../../core/errors.ts';
import { readOutage } from './outage.ts';

describe('readOutage', () => {
  it('keeps the previous values of what an entry omits', () => {
    const outage = readOutage('The outage', {
      rate: '5/s',
      concurrency: 20,
      deadline: '3s',
      calls: 100,
      until: '2m',
      pause: '1s',
      timeline: [
        { at: '0s', latency: '50ms' },
        { at: '10s', errors: '20%' },
        { at: 40_000, latency: '2s', errors: 0 },
      ],
    });

    expect(outage).toEqual({
      ratePerSecond: 5,
      concurrency: 20,
      callerDeadlineMs: 3_000,
      calls: 100,
      untilMs: 120_000,
      pauseMs: 1_000,
      phases: [
        { atMs: 0, latencyMs: 50, errorPercentage: 0 },
        { atMs: 10_000, latencyMs: 50, errorPercentage: 20 },
        { atMs: 40_000, latencyMs: 2_000, errorPercentage: 0 },
      ],
    });
  });

  it('accepts a timeline alone, whose first entry starts at 0 by default', () => {
    expect(readOutage('The outage', [{ latency: '50ms' }])).toMatchObject({
      phases: [{ atMs: 0, latencyMs: 50, errorPercentage: 0 }],
    });
  });

  it('rejects an invalid outage with every fault', () => {
    const read = () =>
      readOutage('The outage', {
        rte: '5/s',
        rate: 'often',
        concurrency: 0.5,
        timeline: [{ at: '1s', errors: '120%' }, { latency: '-1s' }, { at: '1s', latancy: '2s' }, 'broken'],
      });

    expect(read).toThrow(InvalidOptionsError);
    expect(read).toThrow(
      [
        'The outage has 10 invalid options:',
        '  - rte is not known; allowed: rate, if that is what you meant',
        '  - timeline[0].at is "1s"; allowed: 0s, because the first entry is the start',
        '  - timeline[0].latency is missing; allowed: a duration such as 50ms',
        '  - timeline[0].errors is "120%"; allowed: a percentage from 0 to 100',
        '  - timeline[1].at is missing; allowed: a duration such as 10s',
        '  - timeline[1].latency is "-1s"; allowed: a duration of at least 0 such as 50ms',
        '  - timeline[2].latancy is not known; allowed: latency, if that is what you meant',
      ].join('\n'),
    );
    expect(read).toThrow('timeline[3] is "broken"; allowed: a map with at, latency and errors');
    expect(read).toThrow('rate is "often"; allowed: a rate above 0 such as 5/s or 30/min');
    expect(read).toThrow('concurrency is 0.5; allowed: a whole number of at least 1');
  });

  it.each([undefined, null, 'soon', {}, { timeline: [] }])('requires a timeline: %j', (document) => {
    expect(() => readOutage('The outage', document)).toThrow(/timeline is .*; allowed: a list such as/);
  });
});
