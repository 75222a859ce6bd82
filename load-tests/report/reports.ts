import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { drawChart, renderPng } from './chart.ts';
import { resultOf } from './publication.ts';
import { comparisonPage, escapeHtml, page, reportPage } from './html.ts';
import { plotDataOf, scalesOf } from './plot-data.ts';
import { titleOf, type JudgedRun } from './terminal.ts';

/** An entry of the index. */
interface Entry {
  readonly title: string;
  readonly startedAt: string;
  readonly verdict: string;
  readonly claim: string;
}

/** Writes the report of a run and adds it to the index. @returns its HTML page */
export async function writeReport(run: JudgedRun, directory: string): Promise<string> {
  const { record, judgement } = run;
  const remarks = [record.engine, ...(record.variant === 'as-configured' ? [] : [record.variant])];
  const folder = path.join(directory, [timeOf(record.startedAt), record.scenario, ...remarks].join('-'));
  await mkdir(folder, { recursive: true });
  const chart = await drawChart(plotDataOf(record));
  const file = path.join(folder, 'report.html');
  await writeFile(file, reportPage(run, chart));
  await writeFile(path.join(folder, 'report.png'), await renderPng(chart));
  await writeFile(path.join(folder, 'result.json'), `${JSON.stringify(resultOf(run), undefined, 2)}\n`);
  const verdict = judgement.invalid === undefined ? (judgement.isPassed ? 'passed' : 'failed') : 'invalid';
  await addToIndex(directory, folder, {
    title: titleOf(record),
    startedAt: record.startedAt,
    verdict,
    claim: run.claim,
  });
  return file;
}

/** Writes a comparison of runs and adds it to the index. @returns its HTML page */
export async function writeComparison(runs: readonly JudgedRun[], directory: string): Promise<string> {
  const [first] = runs;
  if (first === undefined) throw new Error('there is nothing to compare');
  const { scenario, startedAt } = first.record;
  const folder = path.join(directory, `${timeOf(startedAt)}-${scenario}-comparison`);
  await mkdir(folder, { recursive: true });
  const data = runs.map(({ record }) => plotDataOf(record));
  const charts = await Promise.all(data.map((each) => drawChart(each, scalesOf(data))));
  const file = path.join(folder, 'report.html');
  await writeFile(file, comparisonPage(runs, charts));
  const isPassed = runs.every(({ judgement }) => judgement.isPassed);
  await addToIndex(directory, folder, {
    title: `${scenario}, ${runs.length} runs compared`,
    startedAt,
    verdict: isPassed ? 'passed' : 'failed',
    claim: first.claim,
  });
  return file;
}

/** For the names of folders. */
export const timeOf = (iso: string): string => iso.slice(0, 19).replaceAll(':', '').replace('T', '-');

/** Lists the reports of a directory, the latest first. */
export async function addToIndex(directory: string, folder: string, added: Entry): Promise<void> {
  await writeFile(path.join(folder, 'entry.json'), `${JSON.stringify(added)}\n`);
  const folders = (await readdir(directory)).filter((name) => existsSync(path.join(directory, name, 'entry.json')));
  const rows = await Promise.all(
    folders
      .toSorted()
      .toReversed()
      .map(async (name) => {
        const entry = JSON.parse(await readFile(path.join(directory, name, 'entry.json'), 'utf8')) as Entry;
        const link = `<a href="${encodeURIComponent(name)}/report.html">${escapeHtml(entry.title)}</a>`;
        const time = escapeHtml(entry.startedAt.slice(0, 19).replace('T', ' '));
        return `<tr><td>${link}</td><td class="text">${time}</td><td class="text ${entry.verdict}">${entry.verdict}</td><td class="text">${escapeHtml(entry.claim)}</td></tr>`;
      }),
  );
  const head =
    '<tr><th>run</th><th class="text">started (UTC)</th><th class="text">verdict</th><th class="text">claim</th></tr>';
  await writeFile(
    path.join(directory, 'index.html'),
    page('Load tests', `<h1>Load tests</h1>\n<table>${head}\n${rows.join('\n')}</table>`),
  );
}
