import { colours } from '@breakwater/contracts/palette';
import type { Judgement } from '../runner/judgement.ts';
import {
  burdenLine,
  checkTable,
  columnsOf,
  comparisonTable,
  type JudgedRun,
  phaseTable,
  reactionLine,
  slowestTable,
  titleOf,
  verdictOf,
} from './terminal.ts';

/** Escapes text for HTML. */
export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const style = `
body { font: 15px/1.5 system-ui, sans-serif; color: ${colours.text[0]}; max-width: 1080px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } .claim { font-size: 1.1rem; color: ${colours.muted[0]}; margin-top: .25rem; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid ${colours.line[0]}; text-align: right; }
th:first-child, td:first-child, td.text, th.text { text-align: left; }
.passed { color: ${colours.good[0]}; } .failed { color: ${colours.bad[0]}; font-weight: 600; } .note { color: ${colours.muted[0]}; }
svg { max-width: 100%; height: auto; }
.arms { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(560px, 100%), 1fr)); gap: 1rem; }
.arms { width: 96vw; margin-left: calc(50% - 48vw); } .arms section { min-width: 0; }`;

/** A self-contained page. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${style}</style></head>
<body>
${body}
</body>
</html>
`;
}

/** The report of a run, with its chart. */
export function reportPage(run: JudgedRun, chart: string): string {
  const { claim, record, measures, judgement } = run;
  const title = titleOf(record);
  return page(
    title,
    `<h1>${escapeHtml(title)}</h1>
<p class="claim">${escapeHtml(claim)}</p>
<p class="${judgement.isPassed ? 'passed' : 'failed'}">${escapeHtml(verdictOf(run))}</p>
${chart}
${tableOf(phaseTable(measures))}
${checksOf(judgement)}
${slowestTable(measures).length === 0 ? '' : tableOf(slowestTable(measures))}
<p class="note">${escapeHtml(reactionLine(measures))}.<br>${escapeHtml(burdenLine(record, measures))}.<br>
${escapeHtml(`${record.startedAt}; ${record.machine.description}; engine ${record.engine}`)}.</p>
${[...record.omissions, ...judgement.cautions].map((each) => `<p class="note">${escapeHtml(each)}</p>`).join('\n')}
<ul class="note">${record.marks.map(({ atMs, title }) => `<li>${(atMs / 1_000).toFixed(1)} s: ${escapeHtml(title)}</li>`).join('')}</ul>`,
  );
}

/** A comparison of runs of one scenario. */
export function comparisonPage(runs: readonly JudgedRun[], charts: readonly string[]): string {
  const name = runs[0]?.record.scenario ?? '';
  return page(
    `${name}, ${runs.length} runs compared`,
    `<h1>${escapeHtml(name)}, ${runs.length} runs compared</h1>
<p class="claim">${escapeHtml(runs[0]?.claim ?? '')}</p>
${tableOf(comparisonTable(runs.map(({ record, measures }) => ({ ...record, measures }))))}
${armsOf(columnsOf(runs.map(({ record }) => record)).map((title, index) => ({ title, chart: charts[index] ?? '' })))}`,
  );
}

/** Charts side by side. */
export function armsOf(charts: readonly { readonly title: string; readonly chart: string }[]): string {
  const sections = charts.map(({ title, chart }) => `<section><h2>${escapeHtml(title)}</h2>\n${chart}</section>`);
  return `<div class="arms">\n${sections.join('\n')}\n</div>`;
}

function checksOf(judgement: Judgement): string {
  const [head = [], ...rows] = checkTable(judgement);
  const line = (cells: readonly string[], tag: 'th' | 'td', verdict: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}<${tag} class="text ${verdict}">${verdict}</${tag}></tr>`;
  const lines = rows.map((cells, index) => line(cells, 'td', judgement.checks[index]?.verdict ?? ''));
  return `<table>${line(head, 'th', 'verdict')}\n${lines.join('\n')}</table>`;
}

/** A table whose first row is its head. */
export function tableOf([head = [], ...rows]: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${row(head, 'th')}\n${rows.map((cells) => row(cells, 'td')).join('\n')}</table>`;
}
