import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { type Row, rowsOf } from './measure.ts';
import type { MemoryRow, RegistryMemory } from './memory.ts';
import { libraries } from './subjects.ts';
import { judge, type Measured, type TargetResult } from './targets.ts';

/** The results of a run, as `--json` prints them and docs/performance/library.json stores them. */
export interface ResultDocument {
  readonly machine: string;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly rows: readonly Row[];
  readonly memory: readonly MemoryRow[];
  readonly registry: RegistryMemory;
  readonly targets: readonly TargetResult[];
}

/** @param isGuard applies the margin of each target */
export function documentOf(measured: Measured, isGuard: boolean): ResultDocument {
  const { results, memory, registry } = measured;
  return {
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} processors, Node.js ${process.version}`,
    measuredAt: new Date().toISOString(),
    rows: results.flatMap(rowsOf),
    memory,
    registry,
    targets: judge(measured, isGuard),
  };
}

/** All tables as Markdown, for the terminal and for docs/performance.md. */
export function asTables(document: ResultDocument): string {
  const { registry, machine, measuredAt } = document;
  const bytesEach = (registry.bytes / registry.circuitBreakers).toFixed(0);
  return [
    `Measured on ${measuredAt.slice(0, 10)}: ${machine}.`,
    targetTable(document),
    costTable(document.rows),
    memoryTable(document),
    `A registry of ${registry.circuitBreakers} circuit breakers holds ${bytesEach} bytes per circuit breaker and ${registry.timers} timers.`,
  ].join('\n\n');
}

/** A row per case and a column per library: what it adds to the bare call in nanoseconds, with the quartiles. */
export function costTable(rows: readonly Row[]): string {
  const names = [...new Set(rows.map((row) => row.case))];
  const cells = names.map((name) => {
    const rowsOfCase = rows.filter((row) => row.case === name);
    return [name, ...libraries.map((wanted) => cellOf(rowsOfCase.find(({ library }) => library === wanted)))];
  });
  return markdownTable(['ns added to the bare call', ...libraries], cells);
}

function cellOf(row: Row | undefined): string {
  if (row === undefined) return '–';
  const { library, nsPerCall, overheadNs, spreadNs } = row;
  const isWhole = library === 'bare' || overheadNs === null;
  return `${isWhole ? '= ' : ''}${short(isWhole ? nsPerCall : overheadNs)} (${spreadNs.map(short).join('–')})`;
}

function targetTable({ targets }: ResultDocument): string {
  const rows = targets.map(({ name, measured: { median, lower, upper }, allowed, isReached }) => [
    name,
    lower === upper ? short(median) : `${short(median)} (${short(lower)}–${short(upper)})`,
    allowed,
    isReached ? 'reached' : '**missed**',
  ]);
  return markdownTable(['target within one run', 'measured', 'allowed', ''], rows);
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
/** The results in the page. */
export const resultFile: string = join(documentation, 'performance/library.json');

const [begin, end] = ['<!-- Written by npm run bench -- --publish. -->', '<!-- End of results. -->'];

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
