import { libraries } from './case.ts';
import { figureOf, overheads } from './figures.ts';
import type { CaseResult } from './measure.ts';
import type { Measured, Verdict } from './targets.ts';

/** A row for each case, a column for each library: what it adds to the bare call, and how many times ours that is. */
export function resultTable(results: readonly CaseResult[]): string {
  const head = [
    'what a call costs beside the work, ns',
    ...libraries.map((library) => (library === 'bare' ? 'bare call' : library)),
  ];
  const rows = results.map((result) => [result.name, ...libraries.map((library) => cellOf(result, library))]);
  return markdownTable(head, rows);
}

export function memoryTable({ memory, registry }: Pick<Measured, 'memory' | 'registry'>): string {
  const rows = memory.map(({ library, bytesIdle, bytesAfterCalls, timersIdle }) => [
    library,
    String(bytesIdle),
    String(bytesAfterCalls),
    String(timersIdle),
  ]);
  const each = (registry.bytes / registry.circuitBreakers).toFixed(0);
  const many = `A registry of ${registry.circuitBreakers} circuit breakers: ${each} bytes each, ${registry.timers} timers.`;
  return `${markdownTable(['COUNT_BASED 100', 'bytes', 'after calls', 'timers'], rows)}\n\n${many}`;
}

export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ name, measured: { median, lower, upper }, allowed, isReached }) => [
    isReached ? '✔' : '✖',
    name,
    lower === upper ? short(median) : `${short(median)} (${short(lower)} to ${short(upper)})`,
    allowed,
  ]);
  return markdownTable(['', 'to reach', 'measured', 'allowed'], rows);
}

function cellOf(result: CaseResult, library: (typeof libraries)[number]): string {
  const values = result.nsPerCall[library];
  if (values === undefined) return '–';
  const isTotal = library === 'bare' || result.nsPerCall.bare === undefined;
  const { median, lower, upper } = figureOf(isTotal ? values : overheads(result, library));
  return `${short(median)} (${short(lower)}–${short(upper)})`;
}

const short = (value: number): string => (Math.abs(value) < 10 ? value.toFixed(2) : Math.round(value).toString());

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
