import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { progressOn } from '@breakwater/system-runner/progress';
import { findK6 } from '../runner/k6-program.ts';
import type { StormOptions } from '../runner/options.ts';
import { machineDescription } from '../runner/run-scenario.ts';
import { type ComparedStorm, comparisonAsJson, type StormComparison } from './comparison.ts';
import { chosen, drawConfigurations, drawn, frozenModel, keyOf } from './configurations.ts';
import { predictStorm, runStorm } from './run.ts';

/**
 * Predicts the verdict of each configuration, writes the file, and runs the real system with one after the other. The file is
 * written after each run, and keeps the results of configurations that are not run, so that a comparison can be continued.
 *
 * @returns the comparison, in the order of the configurations
 */
export async function compareStorms(
  { seed, only, isPrediction }: StormOptions,
  file: string,
  signal: AbortSignal,
): Promise<StormComparison> {
  // Before anything else, in case there is none.
  const k6 = isPrediction ? undefined : findK6();
  const progress = progressOn(process.stderr);
  const configurations = [...chosen, ...drawConfigurations(seed, drawn)];
  const before = await readComparison(file);
  const storms: ComparedStorm[] = [];
  const comparison = (): StormComparison => ({ model: frozenModel, seed, machine: machineDescription(), storms });
  try {
    for (const [index, configuration] of configurations.entries()) {
      const number = index + 1;
      progress.say(`predicting storm ${number} of ${configurations.length}`);
      const predicted = await predictStorm(configuration);
      const real = before?.storms.find((each) => keyOf(each.configuration) === keyOf(configuration))?.real;
      storms.push({ number, isDrawn: index >= chosen.length, configuration, predicted, real });
    }
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, comparisonAsJson(comparison()));
    for (const [index, storm] of storms.entries()) {
      if (k6 === undefined || (only !== undefined && !only.includes(storm.number))) continue;
      const say = (what: string) => progress.say(`storm ${storm.number} of ${storms.length}: ${what}`);
      storms[index] = { ...storm, real: await runStorm(storm.configuration, { k6, say, signal }) };
      await writeFile(file, comparisonAsJson(comparison()));
    }
    return comparison();
  } finally {
    progress.clear();
  }
}

async function readComparison(file: string): Promise<StormComparison | undefined> {
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as StormComparison) : undefined;
}
