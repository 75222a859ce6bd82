import { describe, expect, it } from 'vitest';
import { judge } from '../runner/judgement.ts';
import { measure } from '../runner/measures.ts';
import type { RunRecord } from '../runner/run-record.ts';
import { sampleRun } from '../runner/testing/sample-run.ts';
import { customerIsIsolated } from '../scenarios/scenario.ts';
import { drawChart } from './chart.ts';
import { reportPage } from './html.ts';
import { plotDataOf, scalesOf } from './plot-data.ts';
import { renderPng } from './chart.ts';
import { resultOf, type Result, resultsAsMarkdown } from './publication.ts';
import { comparisonAsText, runAsText, type JudgedRun } from './terminal.ts';

function judgedRun(change: Partial<RunRecord> = {}): JudgedRun {
  const record = sampleRun(change);
  const measures = measure(record);
  return { claim: 'A <slow> customer.', record, measures, judgement: judge(record, measures, customerIsIsolated) };
}

describe('plotted data', () => {
  const data = plotDataOf(sampleRun());

  it('counts the requests per second by outcome', () => {
    expect(data.arrivals.filter(({ at }) => at === 5)).toEqual([{ at: 5, outcome: 'verified now', count: 10 }]);
    expect(data.arrivals.filter(({ at }) => at === 15)).toEqual([{ at: 15, outcome: 'last good value', count: 10 }]);
  });

  it('contains the fault, the breaker states and the calls to customer over time', () => {
    expect(data.fault).toEqual({ from: 10, to: 30 });
    expect(data.states).toContainEqual({ replica: 'account-2', state: 'OPEN', from: 12, to: 40 });
    expect(data.customerCalls[0]).toEqual({ at: 10, perSecond: 10 });
    expect(data.latencies).toContainEqual({ at: 11, percentile: 'p99', ms: 2_000 });
  });

  it('has common scales for several runs', () => {
    const many = [0, 1, 2].flatMap(() => sampleRun().requests);
    const slow = plotDataOf(
      sampleRun({ requests: many.map((each) => ({ ...each, durationMs: 5_000 })), services: [] }),
    );

    expect(scalesOf([data, slow])).toEqual({ requestsPerSecond: 30, latencyMs: 5_000, customerCallsPerSecond: 10 });
    expect(scalesOf([data])).toMatchObject({ requestsPerSecond: 10, latencyMs: 2_000 });
  });

  it('contains no fault when no action was performed', () => {
    expect(plotDataOf(sampleRun({ marks: [] })).fault).toBeUndefined();
  });
});

describe('a chart', () => {
  it('is rendered as SVG and PNG', async () => {
    const svg = await drawChart(plotDataOf(sampleRun()));

    expect(svg).toMatch(/^<svg/);
    for (const text of ['requests per second', 'latency, ms', 'account-2', 'OPEN']) expect(svg).toContain(text);
    const png = await renderPng(svg);
    expect(Buffer.from(png).subarray(1, 4).toString()).toBe('PNG');
    expect(png.length).toBeGreaterThan(10_000);
  });

  it('stacks the requests of each second by outcome, without overlap', async () => {
    const statuses = [201, 202, 503, 0];
    const requests = Array.from({ length: 20 }, (_, index) => ({
      ...sampleRun().requests[0]!,
      status: statuses[index % 4]!,
    }));
    const svg = await drawChart(plotDataOf(sampleRun({ requests })));

    const bars = Array.from(svg.matchAll(/outcome: [^>]* d="M[\d.]+,([\d.]+)h[\d.]+v([\d.]+)/g), ([, top, height]) => ({
      top: Number(top),
      bottom: Number(top) + Number(height),
    })).toSorted((one, other) => one.top - other.top);
    expect(bars).toHaveLength(4);
    for (const [index, { top, bottom }] of bars.entries()) {
      expect(bottom - top).toBeCloseTo(150 / 4, 3);
      if (index > 0) expect(top).toBeCloseTo(bars[index - 1]!.bottom, 3);
    }
  });

  it('has the same vertical axes as the charts next to it, and the unit of time', async () => {
    const data = plotDataOf(sampleRun());
    const svg = await drawChart(data, { requestsPerSecond: 400, latencyMs: 50_000, customerCallsPerSecond: 300 });

    for (const label of ['>400</text>', '>10,000</text>', '>300</text>', '>time since the start of the load, s</text>'])
      expect(svg).toContain(label);
  });

  it('fills outcomes and states with patterns, all of which it defines', async () => {
    const requests = sampleRun().requests.map((each) => ({ ...each, status: 500 }));
    const svg = await drawChart(plotDataOf(sampleRun({ requests })));

    const used = new Set(Array.from(svg.matchAll(/url\(#([a-z-]+)\)/g), ([, id]) => id));
    const defined = Array.from(svg.matchAll(/<pattern id="([a-z-]+)"/g), ([, id]) => id);
    // Failed requests, and open circuit breakers.
    expect(used).toContain('hatched-bad');
    expect(defined).toEqual(expect.arrayContaining([...used]));
  });

  it('is rendered for a run with responses only', async () => {
    expect(await drawChart(plotDataOf(sampleRun({ breakers: [], services: [], marks: [] })))).toMatch(/^<svg/);
  });
});

describe('a report', () => {
  it('shows the claim, the result and each check on a self-contained page', () => {
    const html = reportPage(judgedRun(), '<svg/>');

    for (const text of ['A &lt;slow&gt; customer.', 'The claim held in this run.', '<svg/>', '≤ 100 ms']) {
      expect(html).toContain(text);
    }
    expect(html).not.toMatch(/<(?:script|link|img)/);
  });

  it('reports a failed claim and an invalid run', () => {
    const dropped = judgedRun({ droppedRequests: 2 });
    const slow = judgedRun({
      requests: sampleRun().requests.map((each) => (each.atMs > 12_000 ? { ...each, durationMs: 500 } : each)),
    });

    expect(reportPage(dropped, '')).toContain('The run is invalid: k6 could not start 2 requests');
    expect(runAsText(slow)).toContain('✖ The claim did not hold in this run.');
  });

  it('is available as a table and as data', () => {
    const run = judgedRun();

    expect(runAsText(run)).toMatch(/during \(20 s\) +│ 200 +│ 20 +│ 180 +│ 0 /);
    expect(runAsText(run)).toContain(
      'breakers open after 2.0 s, p99 of the next second 5 ms, time to protect 2.0 s, time to recover 10.0 s',
    );
    expect(JSON.parse(JSON.stringify(resultOf(run)))).toMatchObject({
      scenario: 'customer-slow',
      requests: 500,
      judgement: { isPassed: true },
      measures: { timeToRecoverMs: 10_000 },
    });
  });

  it('is published with its failures', () => {
    const asJson = (run: JudgedRun): Result => JSON.parse(JSON.stringify(resultOf(run)));
    const text = resultsAsMarkdown([
      { result: asJson(judgedRun()), picture: 'p/one.png' },
      { result: asJson(judgedRun({ engine: 'none', breakers: [] })), picture: 'p/two.png' },
      { result: asJson(judgedRun({ scenario: 'flapping', droppedRequests: 7 })), picture: 'p/three.png' },
    ]);

    expect(text).toMatch(/\[customer-slow\].* 5 ms \| 2\.0 s \| 10\.0 s \| passed \|/);
    expect(text).toMatch(/\[customer-slow-none\].*\| – \|.*\| for comparison \|/);
    expect(text).toMatch(/\[flapping\].*\*\*invalid\*\*/);
    expect(text).toContain('**Invalid:** k6 could not start 7 requests');
    expect(text).toContain('![Arrivals, latency, circuit breakers and load on customer over time](p/two.png)');
  });

  it('compares arms', () => {
    const text = comparisonAsText([judgedRun({ engine: 'none', breakers: [] }), judgedRun()]);

    expect(text).toMatch(/during the fault.*none.*sliding-window/);
    expect(text).toMatch(/p99 after opening.*–.*5 ms/);
  });
});
