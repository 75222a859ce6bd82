import { styleText } from 'node:util';
import { ControlPlane } from './control-plane.ts';
import { type VerificationResult, verifications } from './verifications.ts';

/**
 * `npm run verify -w k8s`: applies every combination of overlay and components to a real API server. Exit code: 1
 * when it refuses one, 2 when no API server can be started.
 */
async function main(): Promise<number> {
  let plane: ControlPlane;
  try {
    plane = await ControlPlane.start();
  } catch (error) {
    process.stderr.write(`NOT VERIFIED: ${(error as Error).message}\n`);
    return 2;
  }
  plane.stopOnSignals();
  try {
    const { gitVersion } = await plane.api.get<{ gitVersion: string }>('/version');
    process.stdout.write(`kube-apiserver ${gitVersion} on ${plane.api.url}\n\n`);
    const results: VerificationResult[] = [];
    for await (const result of verifications(plane)) {
      results.push(result);
      if (process.stdout.isTTY) process.stdout.write(`${result.title}\n`);
    }
    process.stdout.write(reportTable(results));
    const faults = results.flatMap(({ title, faults }) => faults.map((fault) => `${title}: ${fault}`));
    for (const fault of faults) process.stdout.write(`${styleText('red', '✖')} ${fault}\n`);
    process.stdout.write(faults.length === 0 ? '\nAll combinations were accepted.\n' : `\n${faults.length} faults.\n`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    await plane.stop();
  }
}

const headings = ['overlay and components', 'objects', 'dry run', 'applied', 'pods admitted', 'seconds'];

/** The results as a table. */
function reportTable(results: readonly VerificationResult[]): string {
  const rows = results.map(({ title, objects, faults, stages, seconds }) => [
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

process.exitCode = await main();
