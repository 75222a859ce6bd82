import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { AdapterCost, Transport } from './adapters.ts';
import { cases } from './cases.ts';
import { type CaseResult, figureOf, overheads, pairwise, rowsOf } from './measure.ts';
import { page, pageWith, publishedDocument, withAdapters } from './report.ts';
import { judge, type Measured } from './targets.ts';

const result: CaseResult = {
  name: 'success',
  nsPerCall: { bare: [100, 200, 100], breakwater: [150, 250, 160], cockatiel: [200, 300, 190] },
};

describe('The figures of a benchmark', () => {
  it('are medians with their quartiles', () => {
    expect(figureOf([5, 1, 3])).toStrictEqual({ median: 3, lower: 2, upper: 4 });
    expect(figureOf([7])).toStrictEqual({ median: 7, lower: 7, upper: 7 });
  });

  it('relate two libraries round by round', () => {
    expect(overheads(result, 'breakwater')).toStrictEqual([50, 50, 60]);
    expect(pairwise([50, 50, 60], [100, 100, 90], (a, b) => a / b).median).toBe(0.5);
  });

  it('contain the overhead of a library, and null without a bare call', () => {
    expect(rowsOf(result).find(({ library }) => library === 'breakwater')).toStrictEqual({
      library: 'breakwater',
      case: 'success',
      nsPerCall: 160,
      overheadNs: 50,
      ratioToBare: 1.5,
      spreadNs: [50, 55],
    });
    const [bare] = rowsOf({ ...result, bareSamplesNs: [100, 150, 200, 250, 300] });
    expect(bare).toMatchObject({ nsPerCall: 100, spreadNs: [150, 250] });
    const [row] = rowsOf({ name: 'rejection', nsPerCall: { breakwater: [3, 4, 5] } });
    expect(row).toMatchObject({ nsPerCall: 4, overheadNs: null, ratioToBare: null, spreadNs: [3.5, 4.5] });
  });
});

const figure = (median: number) => ({ median, lower: median, upper: median });

const adapterCost = (client: string, transport: Transport, addedUs: number): AdapterCost => ({
  client,
  transport,
  bareUs: figure(100),
  addedUs: figure(addedUs),
});

/** Measurements that reach every target. */
function measured(change: Partial<Measured> = {}): Measured {
  const results = cases.map(({ name }): CaseResult => {
    const mollitia = name.includes('10 000') ? 1_000_000 : 50_000;
    const opossum = name.startsWith('failure') ? 100_000 : 1_000;
    const nsPerCall = {
      bare: [100],
      clock: [150],
      breakwater: [200],
      cockatiel: [1_000],
      opossum: [opossum],
      mollitia: [mollitia],
    };
    return { name, nsPerCall, bareSamplesNs: [50, 100, 200, 300] };
  });
  return {
    results,
    memory: [{ library: 'breakwater', bytesIdle: 1_200, growthBytes: 0, timersIdle: 0 }],
    registry: { circuitBreakers: 10_000, bytes: 1, timers: 0 },
    adapters: [
      adapterCost('fetch', 'loopback', 30),
      adapterCost('undici', 'loopback', 20),
      adapterCost('fetch', 'none', 5),
    ],
    ...change,
  };
}

/** The same measurements with another time of ours in one case. */
const withOurs = (name: string, ns: number): Measured =>
  measured({
    results: measured().results.map((result) =>
      result.name === name ? { ...result, nsPerCall: { ...result.nsPerCall, breakwater: [ns] } } : result,
    ),
  });

const missed = (what: Measured, isGuard = false): string[] =>
  judge(what, isGuard)
    .filter(({ isReached }) => !isReached)
    .map(({ name }) => name);

describe('The targets of the benchmark', () => {
  it('are reached by good measurements', () => {
    expect(missed(measured())).toStrictEqual([]);
  });

  it.each([
    ['a timer for each circuit breaker', { timersIdle: 1 }, 'timers of an idle circuit breaker'],
    ['memory that grows with calls', { growthBytes: 900_000 }, 'its growth in 100 000 calls, bytes'],
  ])('are missed by %s, even with the margin', (_, change, name) => {
    const memory = [{ library: 'breakwater', bytesIdle: 1_200, growthBytes: 0, timersIdle: 0, ...change } as const];

    expect(missed(measured({ memory }), true)).toStrictEqual([name]);
  });

  it.each<[Transport, string]>([
    ['loopback', 'dearest adapter, over loopback: µs added to a request'],
    ['none', 'dearest adapter, in a loop: µs added to a request'],
  ])('are missed by one adapter that is dear (transport: %s), even with the margin', (transport, name) => {
    const adapters = [...measured().adapters, adapterCost('axios', transport, 250)];

    expect(missed(measured({ adapters }), true)).toStrictEqual([name]);
  });

  it('are missed by a failure path that scans the whole window, even with the margin', () => {
    expect(missed(withOurs('failure, COUNT_BASED 10 000', 20_000), true)).toStrictEqual([
      'failure: time with a window of 10 000 calls / with a window of 10',
      "failure, 10 000 calls in the window: opossum's time / ours",
    ]);
  });
});

describe('The targets of a protected call', () => {
  // 1.2 × 900 ns and two readings of 25 ns are allowed.
  it.each(['success', 'failure'])(
    'permit 1.2 times what cockatiel adds to a %s, and two readings of the clock',
    (call) => {
      const name = `${call}, one call per turn of the event loop`;

      expect(missed(withOurs(name, 100 + 1_130))).toStrictEqual([]);
      expect(missed(withOurs(name, 100 + 1_131))).toStrictEqual([
        `${name}: ns added / (1.2 × cockatiel's + two readings of the clock)`,
      ]);
    },
  );

  it('permit a request as much as the distance of the quartiles of the bare request', () => {
    const name = 'HTTP request over loopback, circuit breaker';

    expect(missed(withOurs(name, 100 + 137))).toStrictEqual([]);
    expect(missed(withOurs(name, 100 + 138))).toStrictEqual([
      `${name}: ns added / distance of the bare request's quartiles`,
    ]);
  });
});

describe('Adapters that are measured alone', () => {
  it('replace the published results of adapters, and their targets', async () => {
    const before = await publishedDocument();

    const after = withAdapters(before, [adapterCost('axios', 'loopback', 61), adapterCost('axios', 'none', 9)]);

    const names = (document: typeof before) => document.targets.map(({ name }) => name).toSorted();
    expect(names(after)).toStrictEqual(names(before));
    expect(after.targets.find(({ name }) => name.includes('loopback'))?.isReached).toBe(false);
    expect(after.rows).toBe(before.rows);
    expect(after.adapters).toHaveLength(2);
  });
});

describe('docs/performance.md', () => {
  it('contains the results of docs/performance/library.json', async () => {
    expect(await readFile(page, 'utf8')).toBe(await pageWith(await publishedDocument()));
  });
});
