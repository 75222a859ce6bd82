import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Engine, engines, engineTables } from '../runner/engines.ts';
import { judge } from '../runner/judgement.ts';
import { measure } from '../runner/measures.ts';
import { requestsBetween, sampleRun } from '../runner/testing/sample-run.ts';
import { customerIsIsolated } from '../scenarios/scenario.ts';
import {
  comparisonAsMarkdown,
  engineComparisonAsText,
  engineComparisonPage,
  publishComparisons,
  repeatedRunOf,
  writeComparisonNumbers,
  writeComparisonReport,
} from './engine-report.ts';
import { type EngineComparison, engineTableOf, findingsOf, methodOf } from './engine-tables.ts';
import type { JudgedRun } from './terminal.ts';

const [breakersAlone, tuned] = engineTables as [(typeof engineTables)[number], (typeof engineTables)[number]];

/** A run whose responses during the fault take so many milliseconds; without a circuit breaker unless it is ours. */
function runOf(engine: Engine, durationMs: number): JudgedRun {
  const change = engine === 'sliding-window' ? {} : { breakers: [] };
  const record = sampleRun({
    engine,
    ...change,
    requests: [
      ...requestsBetween(0, 10_000),
      ...requestsBetween(10_000, 30_000, { durationMs, verifiedBy: 'LAST_GOOD' }),
      ...requestsBetween(30_000, 50_000),
    ],
  });
  const measures = measure(record);
  return { claim: 'A slow customer.', record, measures, judgement: judge(record, measures, customerIsIsolated) };
}

/** Ours takes 1 to 5 ms, `faster` less, `equal` the same and all others 101 to 105 ms. */
function comparisonOf({
  repetitions = 5,
  faster,
  equal,
}: { repetitions?: number; faster?: Engine; equal?: Engine } = {}) {
  const offset = (engine: Engine): number =>
    engine === 'sliding-window' || engine === equal ? 10 : engine === faster ? 0 : 100;
  const runs = engines.flatMap((engine) =>
    Array.from({ length: repetitions }, (_, index) =>
      repeatedRunOf(runOf(engine, offset(engine) + 1 + index), index + 1, undefined),
    ),
  );
  const { scenario, variant, isShort, startedAt, machine } = sampleRun();
  return {
    scenario,
    variant,
    isShort,
    startedAt,
    machine,
    claim: 'A slow customer.',
    repetitions,
    runs,
  } satisfies EngineComparison;
}

const rowOf = (table: readonly string[][], name: string) => table.find(([first]) => first === name)?.slice(1);

describe('the tables of engines', () => {
  it('show the median and the range of all runs of each engine', () => {
    const table = engineTableOf(breakersAlone, comparisonOf());

    expect(table[0]).toEqual(['during the fault', 'sliding-window', 'opossum', 'cockatiel', 'disabled']);
    expect(rowOf(table, 'p50')).toEqual([
      '13 ms (11 ms to 15 ms)',
      ...Array<string>(3).fill('103 ms (101 ms to 105 ms)'),
    ]);
    expect(rowOf(table, 'last good value')).toEqual(Array(4).fill('100.00 %'));
    expect(rowOf(table, 'time to protect')).toEqual(['0.0 s', 'never', 'never', 'never']);
    expect(rowOf(table, 'p99 after opening')).toEqual(['13 ms (11 ms to 15 ms)', '–', '–', '–']);
    expect(rowOf(table, 'ledger')).toEqual(Array(4).fill('no violation'));
  });

  it('show how busy the machine was in each arm, and how many runs were valid', () => {
    const { runs, ...about } = comparisonOf();
    const changed = runs.map((run) =>
      run.engine === 'none' && run.repetition < 3 ? { ...run, invalid: 'the machine was exhausted' } : run,
    );
    const table = engineTableOf(tuned, { ...about, runs: changed });

    expect(rowOf(table, 'processors: the system and k6')).toEqual(Array(4).fill('35.00 %'));
    expect(rowOf(table, 'processors: other programs')).toEqual(Array(4).fill('5.00 %'));
    expect(rowOf(table, 'valid runs')).toEqual(['5 of 5', '5 of 5', '5 of 5', '3 of 5']);
  });

  it('are the same from JSON, which has no NaN', () => {
    const comparison = comparisonOf();

    expect(engineTableOf(tuned, JSON.parse(JSON.stringify(comparison)))).toEqual(engineTableOf(tuned, comparison));
  });
});

describe('the findings of a comparison', () => {
  it('name the measures in which ours is better, worse, or shows no difference', () => {
    const findings = findingsOf(breakersAlone, comparisonOf({ faster: 'opossum', equal: 'cockatiel' }));

    expect(findings).toEqual([
      'sliding-window next to opossum: worse in p50, p95, p99, max.',
      'sliding-window next to cockatiel: no difference shown in p50, p95, p99, max.',
      'sliding-window next to disabled: better in p50, p95, p99, max, time to protect.',
    ]);
  });

  it('count more verified and fewer failed requests as better, and say nothing about requests accepted for later', () => {
    const { runs, ...about } = comparisonOf({ equal: 'opossum' });
    const none = { 'verified now': 0, 'last good value': 0, 'accepted for later': 0, refused: 0, failed: 0 };
    const changed = runs.map((run) => {
      const outcomes =
        run.engine === 'sliding-window'
          ? { ...none, 'verified now': 150, 'accepted for later': 50 }
          : { ...none, failed: 200 };
      return {
        ...run,
        measures: { ...run.measures, phases: run.measures.phases.map((each) => ({ ...each, outcomes })) },
      };
    });

    const [finding] = findingsOf(breakersAlone, { ...about, runs: changed });
    expect(finding).toMatch(/next to opossum: better in verified now, failed[,;]/);
    expect(finding).not.toContain('accepted for later');
  });

  it('are none when there were too few runs, which the page says', () => {
    const comparison = comparisonOf({ repetitions: 3 });

    expect(findingsOf(breakersAlone, comparison)).toEqual([]);
    expect(methodOf(comparison)).toContain('3 repetitions are too few to show a difference.');
    expect(methodOf(comparisonOf())).toContain('93.75 %');
    expect(methodOf(comparisonOf())).toContain('0.79 % in each measure');
  });
});

describe('the report of a comparison', () => {
  it('has the method, both tables with their explanations, and the charts side by side', () => {
    const charts = engines.map((title) => ({ title, chart: `<svg id="${title}"/>` }));
    const html = engineComparisonPage(comparisonOf(), charts);

    for (const { title, explanation } of engineTables) {
      expect(html).toContain(`<h2>${title}</h2>`);
      expect(html).toContain(explanation);
    }
    expect(html.match(/<section><h2>.*?<\/h2>\n<svg id=/g)).toHaveLength(engines.length);
    expect(engineComparisonAsText(comparisonOf())).toMatch(/during the fault.*sliding-window.*opossum-tuned/);
  });

  it('is published with its pictures when it is complete, and not when it is short or was interrupted', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'breakwater-comparison-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const results = path.join(directory, 'results');
    const page = path.join(directory, 'engine-comparison.md');
    const comparison = comparisonOf();

    await writeComparisonNumbers({ ...comparison, isShort: true }, results);
    expect(await publishComparisons(results, page)).toBe(0);
    await writeComparisonNumbers({ ...comparison, runs: comparison.runs.slice(1) }, results);
    expect(await publishComparisons(results, page)).toBe(0);

    const folder = await writeComparisonNumbers(comparison, results);
    await writeFile(path.join(results, 'index.html'), '');
    await writeComparisonReport(comparison, [runOf('sliding-window', 1)], folder);
    for (const engine of engines) await writeFile(path.join(folder, `${engine}.png`), 'a picture');
    expect(await publishComparisons(results, page)).toBe(1);

    const text = await readFile(page, 'utf8');
    expect(text).toContain('## customer-slow\n\nA slow customer.\n\n2030-01-02. 7 arms, 5 runs each');
    const pictures = await readdir(path.join(directory, 'engine-comparison'));
    expect(pictures).toHaveLength(engines.length);
    for (const picture of pictures) expect(text).toContain(`(engine-comparison/${picture})`);
    expect(await readFile(path.join(results, 'index.html'), 'utf8')).toContain('customer-slow, engines compared');
  });

  it('lists the findings below each table', () => {
    const text = comparisonAsMarkdown(comparisonOf(), (engine) => `${engine}.png`);

    expect(text).toMatch(/\| valid runs .*\n\n- sliding-window next to opossum: /);
  });
});
