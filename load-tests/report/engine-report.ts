import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Engine, engines, engineTables } from '../runner/engines.ts';
import { drawChart, renderPng } from './chart.ts';
import { type EngineComparison, engineTableOf, findingsOf, methodOf, type RepeatedRun } from './engine-tables.ts';
import { armsOf, escapeHtml, page, tableOf } from './html.ts';
import { markdownTable } from './markdown.ts';
import { plotDataOf, scalesOf } from './plot-data.ts';
import { defaultRepetitions } from './repetitions.ts';
import { addToIndex, timeOf } from './reports.ts';
import { drawn, type JudgedRun } from './terminal.ts';

/** A run as one of several of its engine. */
export function repeatedRunOf(
  { record, measures, judgement }: JudgedRun,
  repetition: number,
  repeatedBecause: string | undefined,
): RepeatedRun {
  const { engine, ledger, droppedRequests } = record;
  const { invalid } = judgement;
  return { engine, repetition, ledger, droppedRequests, measures, invalid, repeatedBecause };
}

/** The name of a comparison: its scenario, and the variant if it is not the usual one. */
export const comparisonName = ({ scenario, variant }: Pick<EngineComparison, 'scenario' | 'variant'>): string =>
  variant === 'as-configured' ? scenario : `${scenario}, ${variant.replaceAll('-', ' ')}`;

/** Writes the numbers of a comparison, also of one that still runs. @returns its folder */
export async function writeComparisonNumbers(comparison: EngineComparison, directory: string): Promise<string> {
  const folder = path.join(directory, `${timeOf(comparison.startedAt)}-${comparison.scenario}-engines`);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, numbersFile), `${JSON.stringify(comparison, undefined, 2)}\n`);
  return folder;
}

/**
 * Writes the page and the pictures of a comparison and adds it to the index.
 *
 * @param charted a run of each engine
 * @param folder the one with its numbers
 * @returns the page
 */
export async function writeComparisonReport(
  comparison: EngineComparison,
  charted: readonly JudgedRun[],
  folder: string,
): Promise<string> {
  const byEngine = charted.toSorted((a, b) => engines.indexOf(a.record.engine) - engines.indexOf(b.record.engine));
  const data = byEngine.map(({ record }) => ({ title: record.engine, plot: plotDataOf(record) }));
  const scales = scalesOf(data.map(({ plot }) => plot));
  const charts = await Promise.all(
    data.map(async ({ title, plot }) => ({ title, chart: await drawChart(plot, scales) })),
  );
  for (const { title, chart } of charts) await writeFile(path.join(folder, `${title}.png`), await renderPng(chart));
  const file = path.join(folder, 'report.html');
  await writeFile(file, engineComparisonPage(comparison, charts));
  const { startedAt, claim, runs } = comparison;
  await addToIndex(path.dirname(folder), folder, {
    title: `${comparisonName(comparison)}, engines compared`,
    startedAt,
    verdict: runs.every(({ invalid }) => invalid === undefined) ? 'compared' : 'invalid',
    claim,
  });
  return file;
}

const numbersFile = 'comparison.json';

/**
 * Writes the latest comparisons as Markdown, and their pictures into a folder of the same name. Short ones, those that were
 * interrupted, and those of too few runs are omitted.
 *
 * @returns the number of comparisons; without any, nothing is written
 */
export async function publishComparisons(resultsDirectory: string, file: string): Promise<number> {
  const latest = new Map<string, { comparison: EngineComparison; folder: string }>();
  const folders = existsSync(resultsDirectory) ? await readdir(resultsDirectory) : [];
  for (const name of folders.toSorted()) {
    const folder = path.join(resultsDirectory, name);
    if (!existsSync(path.join(folder, numbersFile))) continue;
    const comparison = JSON.parse(await readFile(path.join(folder, numbersFile), 'utf8')) as EngineComparison;
    if (isPublished(comparison)) latest.set(comparisonName(comparison), { comparison, folder });
  }
  if (latest.size === 0) return 0;
  const pictures = file.replace(/\.md$/, '');
  await rm(pictures, { recursive: true, force: true });
  await mkdir(pictures, { recursive: true });
  const sections: string[] = [];
  for (const { comparison, folder } of latest.values()) {
    const prefix = path.basename(folder);
    const picture = (engine: Engine): string => `${path.basename(pictures)}/${prefix}-${engine}.png`;
    for (const engine of engines) {
      await copyFile(path.join(folder, `${engine}.png`), path.join(path.dirname(file), picture(engine)));
    }
    sections.push(comparisonAsMarkdown(comparison, picture));
  }
  await writeFile(file, `${publishedHead}\n\n${sections.join('\n\n')}\n`);
  return latest.size;
}

const isPublished = ({ isShort, repetitions, runs }: EngineComparison): boolean =>
  !isShort && repetitions >= defaultRepetitions && runs.length === engines.length * repetitions;

const publishedHead = `# Engines compared

Written by \`npm run load-test -- publish\` from the latest comparison of each scenario
(\`npm run load-test -- compare customer-slow\`); [load-tests/README.md](../load-tests/README.md) explains the measures.`;

/** @param picture the path of an engine's picture */
export function comparisonAsMarkdown(comparison: EngineComparison, picture: (engine: Engine) => string): string {
  const tables = engineTables.flatMap((table) => {
    const [head = [], ...rows] = engineTableOf(table, comparison);
    const findings = findingsOf(table, comparison).map((sentence) => `- ${sentence}`);
    return [`### ${table.title}`, table.explanation, markdownTable(head, rows), findings.join('\n')];
  });
  const charts = engineTables.map(({ engines: columns }) =>
    markdownTable(columns, [columns.map((engine) => `![The first run of ${engine}](${picture(engine)})`)]),
  );
  const { startedAt, claim } = comparison;
  return [
    `## ${comparisonName(comparison)}`,
    claim,
    `${startedAt.slice(0, 10)}. ${methodOf(comparison)}`,
    ...tables,
    '### The first run of each engine',
    ...charts,
  ].join('\n\n');
}

/** The tables of all engines, and their charts side by side. */
export function engineComparisonPage(
  comparison: EngineComparison,
  charts: readonly { readonly title: string; readonly chart: string }[],
): string {
  const title = `${comparisonName(comparison)}, engines compared`;
  const tables = engineTables.map(
    (table) => `<h2>${escapeHtml(table.title)}</h2>
<p class="note">${escapeHtml(table.explanation)}</p>
${tableOf(engineTableOf(table, comparison))}
${findingsOf(table, comparison)
  .map((sentence) => `<p>${escapeHtml(sentence)}</p>`)
  .join('\n')}`,
  );
  return page(
    title,
    `<h1>${escapeHtml(title)}</h1>
<p class="claim">${escapeHtml(comparison.claim)}</p>
<p class="note">${escapeHtml(methodOf(comparison))}</p>
${tables.join('\n')}
<h2>The first run of each engine</h2>
${armsOf(charts)}`,
  );
}

/** The tables for a terminal. */
export function engineComparisonAsText(comparison: EngineComparison): string {
  const tables = engineTables.map((table) =>
    [`\n${table.title}`, drawn(engineTableOf(table, comparison)), ...findingsOf(table, comparison)].join('\n'),
  );
  return [...tables, methodOf(comparison)].join('\n');
}
