import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { AdapterCost } from './adapters.ts';
import { type Figure, type Row, rowsOf } from './measure.ts';
import type { MemoryRow, RegistryMemory } from './memory.ts';
import { libraries } from './subjects.ts';
import { adapterTargets, judge, judgeBy, type Measured, type TargetResult } from './targets.ts';

/** The results of a run, as `--json` prints them and docs/performance/library.json stores them. */
export interface ResultDocument {
  readonly machine: string;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly rows: readonly Row[];
  readonly memory: readonly MemoryRow[];
  readonly registry: RegistryMemory;
  readonly adapters: readonly AdapterCost[];
  /** ISO 8601: they can be measured alone. */
  readonly adaptersMeasuredAt: string;
  readonly targets: readonly TargetResult[];
}

/** @param isGuard applies the margin of each target */
export function documentOf(measured: Measured, isGuard: boolean): ResultDocument {
  const { results, memory, registry, adapters } = measured;
  const measuredAt = new Date().toISOString();
  return {
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} processors, Node.js ${process.version}`,
    measuredAt,
    rows: results.flatMap(rowsOf),
    memory,
    registry,
    adapters,
    adaptersMeasuredAt: measuredAt,
    targets: judge(measured, isGuard),
  };
}

/** A document with newer results of the adapters. */
export function withAdapters(document: ResultDocument, adapters: readonly AdapterCost[]): ResultDocument {
  const judged = judgeBy(adapterTargets, { adapters }, false);
  const targets = document.targets.filter(({ name }) => judged.every((each) => each.name !== name));
  return { ...document, adapters, adaptersMeasuredAt: new Date().toISOString(), targets: [...judged, ...targets] };
}

/** All tables as Markdown, for the terminal and for docs/performance.md. */
export function asTables(document: ResultDocument): string {
  const { registry, machine, measuredAt } = document;
  const bytesEach = (registry.bytes / registry.circuitBreakers).toFixed(0);
  return [
    `Measured on ${measuredAt.slice(0, 10)}: ${machine}.`,
    targetTable(document),
    costTable(document.rows),
    adapterTable(document.adapters),
    `The adapters were measured on ${document.adaptersMeasuredAt.slice(0, 10)}.`,
    memoryTable(document),
    `A registry of ${registry.circuitBreakers} circuit breakers holds ${bytesEach} bytes per circuit breaker and ${registry.timers} timers.`,
  ].join('\n\n');
}

/** A row per case and a column per library: what it adds to the bare call in nanoseconds, with the quartiles. */
export function costTable(rows: readonly Row[]): string {
  const names = [...new Set(rows.map((row) => row.case))];
  const inRows = new Set(rows.map(({ library }) => library));
  const measured = libraries.filter((library) => inRows.has(library));
  const cells = names.map((name) => {
    const rowsOfCase = rows.filter((row) => row.case === name);
    return [name, ...measured.map((wanted) => cellOf(rowsOfCase.find(({ library }) => library === wanted)))];
  });
  const titles = measured.map((library) => (library === 'clock' ? 'clock, twice' : library));
  return markdownTable(['ns added to the bare call', ...titles], cells);
}

function cellOf(row: Row | undefined): string {
  if (row === undefined) return '–';
  const { library, nsPerCall, overheadNs, spreadNs } = row;
  const isWhole = library === 'bare' || overheadNs === null;
  return `${isWhole ? '= ' : ''}${short(isWhole ? nsPerCall : overheadNs)} (${spreadNs.map(short).join('–')})`;
}

function targetTable({ targets }: ResultDocument): string {
  const rows = targets.map(({ name, measured, allowed, isReached }) => [
    name,
    withQuartiles(measured),
    allowed,
    isReached ? 'reached' : '**missed**',
  ]);
  return markdownTable(['target within one run', 'measured', 'allowed', ''], rows);
}

/** A row per client: microseconds of processor time per request. */
export function adapterTable(adapters: readonly AdapterCost[]): string {
  const titles = { loopback: 'over loopback', none: 'in a loop' } as const;
  const rows = adapters.map(({ client, transport, bareUs, addedUs }) => [
    `${client}, ${titles[transport]}`,
    withQuartiles(bareUs),
    withQuartiles(addedUs),
  ]);
  return markdownTable(['µs of processor time per request', 'client alone', 'added by its adapter'], rows);
}

function withQuartiles({ median, lower, upper }: Figure): string {
  return lower === upper ? short(median) : `${short(median)} (${short(lower)}–${short(upper)})`;
}

function memoryTable({ memory }: ResultDocument): string {
  const rows = memory.map(({ library, bytesIdle, growthBytes, timersIdle }) => [
    library,
    String(bytesIdle),
    String(growthBytes),
    String(timersIdle),
  ]);
  return markdownTable(['COUNT_BASED 100', 'bytes, idle', 'growth in 100 000 calls', 'timers'], rows);
}

function short(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 10) return Math.round(value).toString();
  return value.toFixed(2);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, at) => Math.max(cell.length, 3, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const documentation = join(import.meta.dirname, '../../../docs');

/** The page that contains the tables. */
export const page: string = join(documentation, 'performance.md');
/** The file of the results. */
export const resultFile: string = join(documentation, 'performance/library.json');

const [begin, end] = ['<!-- Written by npm run bench -- --publish. -->', '<!-- End of results. -->'];

/** The results in the page. */
export async function publishedDocument(): Promise<ResultDocument> {
  return JSON.parse(await readFile(resultFile, 'utf8')) as ResultDocument;
}

/** Writes the results and the tables of the page. */
export async function publish(document: ResultDocument): Promise<void> {
  await writeFile(resultFile, await formatted(JSON.stringify(document), resultFile));
  await writeFile(page, await pageWith(document));
}

/** The page with these results. @throws Error when the page lacks the markers of the tables */
export async function pageWith(document: ResultDocument): Promise<string> {
  const text = await readFile(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${page} lacks the markers '${begin}' and '${end}'.`);
  return formatted(`${text.slice(0, from)}${begin}\n\n${asTables(document)}\n\n${text.slice(to)}`, page);
}

async function formatted(text: string, file: string): Promise<string> {
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}
