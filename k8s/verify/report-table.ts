import type { Verdict } from './verifications.ts';

const headings = ['overlay and components', 'objects', 'dry run', 'applied', 'pods admitted', 'seconds'];

/** The verdicts as a table. */
export function reportTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ title, objects, faults, stages, seconds }) => [
    title,
    String(objects),
    ...(['dry run', 'applied', 'pods admitted'] as const).map((stage) => stages[stage]),
    `${seconds.toFixed(1)}${faults.length > 0 ? ' ✖' : ''}`,
  ]);
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${[line(headings), line(widths.map((width) => '─'.repeat(width))), ...rows.map((row) => line(row))].join('\n')}\n`;
}
