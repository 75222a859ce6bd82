import { libraries, type Library } from './case.ts';
import type { ResultDocument } from './document.ts';
import type { Row } from './figures.ts';

/** All tables, as Markdown: for terminals and for docs/performance.md alike. */
export function asTables(document: ResultDocument): string {
  const { registry, machine, measuredAt } = document;
  const each = (registry.bytes / registry.circuitBreakers).toFixed(0);
  return [
    `Measured on ${measuredAt.slice(0, 10)}: ${machine}.`,
    verdictTable(document),
    costTable(document.rows),
    memoryTable(document),
    `A registry of ${registry.circuitBreakers} circuit breakers holds ${each} bytes for each, and ${registry.timers} timers.`,
  ].join('\n\n');
}

/** A row for each case, a column for each library: what it adds to the bare call in nanoseconds, with the quartiles. */
export function costTable(rows: readonly Row[]): string {
  const names = [...new Set(rows.map((row) => row.case))];
  const cells = names.map((name) => [
    name,
    ...libraries.map((library) => cellOf(rows.find((row) => row.case === name && isOf(library, row)))),
  ]);
  return markdownTable(['ns a call adds to the bare one', ...libraries], cells);
}

const isOf = (which: Library, { library }: Row): boolean => library === which;

function cellOf(row: Row | undefined): string {
  if (row === undefined) return '–';
  const { library, nsPerCall, overheadNs, spreadNs } = row;
  const isWhole = library === 'bare' || overheadNs === null;
  return `${isWhole ? '= ' : ''}${short(isWhole ? nsPerCall : overheadNs)} (${spreadNs.map(short).join('–')})`;
}

function verdictTable({ targets }: ResultDocument): string {
  const rows = targets.map(({ name, measured: { median, lower, upper }, allowed, isReached }) => [
    name,
    lower === upper ? short(median) : `${short(median)} (${short(lower)}–${short(upper)})`,
    allowed,
    isReached ? 'reached' : '**missed**',
  ]);
  return markdownTable(['to reach, within one run', 'measured', 'allowed', ''], rows);
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
