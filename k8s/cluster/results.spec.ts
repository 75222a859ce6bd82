import { colours } from '@breakwater/contracts/palette';
import { percentile } from '@breakwater/system-runner/percentiles';
import { describe, expect, it } from 'vitest';
import { pictureOf } from './picture.ts';
import type { StepResult } from './record.ts';
import { lineOf, markdownOf, type RunResult, summaryOf, usageByService } from './results.ts';

const load = {
  requests: 2_000,
  lost: 0,
  outcomes: { 'verified now': 2_000, 'last good value': 0, 'accepted for later': 0, refused: 0, failed: 0 },
  reasons: {},
  p50Ms: 5,
  p99Ms: 30,
};
const passed: StepResult = {
  name: 'roll-out-account',
  title: 'a rollout loses no request',
  status: 'passed',
  at: 20,
  seconds: 55,
  figures: { 'seconds of the rollout': 31.2 },
  load,
  reasons: [],
};
const failed: StepResult = {
  ...passed,
  status: 'failed',
  at: 80,
  load: { ...load, lost: 3 },
  reasons: ['3 were lost'],
};
const notChecked: StepResult = {
  name: 'drain',
  title: 'a drained node loses no request',
  status: 'not checked',
  at: 140,
  seconds: 0,
  figures: {},
  reasons: ['one node'],
};
const result: RunResult = {
  recordedAt: '2026-11-30T14:00:00.000Z',
  context: 'kind-breakwater',
  cluster: { version: 'v1.36.3', nodes: [{ name: 'n', processors: 2, memoryGiB: 8 }], hasMetrics: true },
  scaleDownSeconds: 30,
  seconds: 180,
  steps: [passed, failed, notChecked],
  usage: [{ service: 'account', samples: 12, p95Millicores: 143, peakMebibytes: 121 }],
  samples: [
    { at: 0, ready: { account: 2 } },
    { at: 90, ready: { account: 3 }, breakers: ['CLOSED', 'OPEN'] },
  ],
  requests: [{ at: 20, successes: 38, unverified: 2, lost: 2 }],
};

describe('the result of a run', () => {
  it('is one line for each step on the terminal', () => {
    expect([passed, failed, notChecked].map(lineOf)).toEqual([
      '✔ a rollout loses no request (55 s, requests 2000, lost 0, seconds of the rollout 31.2)',
      '✖ a rollout loses no request (55 s, requests 2000, lost 3, seconds of the rollout 31.2)\n    3 were lost',
      '– a drained node loses no request (NOT CHECKED)\n    one node',
    ]);
  });

  it('counts requests, without those of a step in which some are refused', () => {
    const refusing = { ...failed, name: 'lost-database' };

    expect(summaryOf(result)).toBe('1 passed, 1 failed, 1 not checked; 4000 requests, 3 lost');
    expect(summaryOf({ steps: [passed, refusing] })).toBe('1 passed, 1 failed, 0 not checked; 2000 requests, 0 lost');
  });

  it('is Markdown with each step and each service', () => {
    const page = markdownOf(result);

    expect(page).toContain('Kubernetes v1.36.3, one node of 2 cores and 8 GiB, 2026-11-30, 3 minutes');
    expect(page).toContain('1. **roll-out-account**: a rollout loses no request. seconds of the rollout: 31.2.\n');
    expect(page).toContain('3. **drain**: a drained node loses no request. NOT CHECKED: one node.\n');
    expect(page).toContain('| roll-out-account | passed | 55 | 2000 | 0 | 5 ms | 30 ms |');
    expect(page).toContain('| drain | not checked | 0 |  |  |  |  |');
    expect(page).toContain('| account | 143m | 121 MiB | 12 |');
  });

  it('is a picture with the steps that ran, lost requests in their color, and the worst circuit breaker', () => {
    const picture = pictureOf(result);

    expect(picture).toContain(
      '<title>The recorded run: requests, replicas and circuit breakers; 3 lost requests</title>',
    );
    const areas = (fill: string) => picture.match(new RegExp(`<rect [^>]*fill="${fill}"/>`, 'g'));
    expect(areas(colours.accepted[0])).toHaveLength(1);
    // The lost requests of a second, and the circuit breaker that is open.
    expect(areas(colours.bad[0])).toHaveLength(2);
    // The numbers of the steps: the third was not checked.
    expect(picture.match(/text-anchor="middle">\d/g)).toEqual(['text-anchor="middle">1', 'text-anchor="middle">2']);
  });
});

describe('usageByService', () => {
  it('has the 95th percentile of the processor and the peak of memory, rounded up', () => {
    const usages = Array.from({ length: 20 }, (_, index) => ({
      service: 'account',
      millicores: index + 0.5,
      mebibytes: 90 + index / 10,
    }));

    expect(usageByService(usages, percentile)).toEqual([
      { service: 'account', samples: 20, p95Millicores: 19, peakMebibytes: 92 },
    ]);
  });
});
