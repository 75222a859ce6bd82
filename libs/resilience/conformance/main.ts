import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownTraces, replayFolder } from './conformance.ts';
import { addResults, describeDifference, type ReplayResult } from './traces.ts';

/** `npm run conformance [-- FOLDER]`: replays recorded traces and prints the differences. */
const shownDifferences = 20;

async function main([given, ...rest]: readonly string[]): Promise<number> {
  if (rest.length > 0 || given?.startsWith('-')) {
    process.stderr.write('Usage: npm run conformance [-- FOLDER]\n');
    return 2;
  }
  // npm runs scripts in the root of the project; a relative folder refers to where the command was typed.
  const folder =
    given === undefined ? fileURLToPath(ownTraces) : resolve(process.env['INIT_CWD'] ?? process.cwd(), given);
  if (!(await isFolder(folder))) {
    process.stderr.write(
      `The folder ${folder} does not exist. Name one that contains circuit-breaker.jsonl(.gz) and similar files.\n`,
    );
    return 2;
  }

  const results: ReplayResult[] = [];
  for await (const { name, result } of replayFolder(folder)) {
    if (result.traces === 0) continue;
    results.push(result);
    const differing = result.differences.length;
    process.stdout.write(
      `${name}: ${result.traces} traces, ${result.steps} steps, ${differing === 0 ? 'all identical' : `${differing} differ`}\n`,
    );
  }
  const { traces, steps, differences } = addResults(results);
  if (traces === 0) {
    process.stderr.write(`${folder} contains no traces, such as circuit-breaker.jsonl(.gz).\n`);
    return 2;
  }
  for (const difference of differences.slice(0, shownDifferences)) {
    process.stdout.write(`  ${describeDifference(difference)}\n`);
  }
  if (differences.length > shownDifferences) {
    process.stdout.write(`  and ${differences.length - shownDifferences} more\n`);
  }
  process.stdout.write(`conformance: ${traces} traces, ${steps} steps, ${differences.length} differ\n`);
  return differences.length > 0 ? 1 : 0;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

process.exitCode = await main(process.argv.slice(2));
