import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../src/doctor/storm/random.ts';
import type * as Explorer from './explorer.ts';
import { plant, type PlantedBug } from './planted-bugs.ts';
import type * as Scopes from './scopes.ts';

const core = new URL('../src/core/', import.meta.url);
const library = new URL('../', import.meta.url).href;

/** Random schedules of every scope find most bugs soon; after so many, all schedules are executed in order. */
const rounds = [300, 3_000];

/** Loads the library once more, with the bug in it, and explores the scopes of its policy until one finds the bug. */
export async function findPlantedBug(bug: PlantedBug, number: number): Promise<Explorer.Exploration | undefined> {
  const query = `?planted=${number}`;
  const file = new URL(bug.file, core);
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const isCopy = context.parentURL?.endsWith(query) === true && resolved.url.startsWith(library);
      return isCopy ? { ...resolved, url: resolved.url + query } : resolved;
    },
    load(url, context, next) {
      if (url !== file.href + query) return next(url, context);
      const source = plant(bug, readFileSync(fileURLToPath(file), 'utf8'));
      return { format: 'module-typescript', source, shortCircuit: true };
    },
  });
  try {
    const { exploreAll, exploreAtRandom } = (await import(`./explorer.ts${query}`)) as typeof Explorer;
    const { scopes } = (await import(`./scopes.ts${query}`)) as typeof Scopes;
    const [policy] = bug.name.split(':');
    const ofPolicy = scopes.filter(({ name }) => name.startsWith(policy!));
    for (const attempts of rounds) {
      for (const scope of ofPolicy) {
        const exploration = await exploreAtRandom(scope, attempts, seededRandom(number));
        if (exploration.violation !== undefined) return exploration;
      }
    }
    for (const scope of ofPolicy) {
      const exploration = await exploreAll(scope);
      if (exploration.violation !== undefined) return exploration;
    }
    return undefined;
  } finally {
    hooks.deregister();
  }
}

/** Whether the unit tests of its file pass with the bug. */
export function passesUnitTests({ tests }: PlantedBug, number: number): boolean {
  const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')));
  const config = fileURLToPath(new URL('../vitest.planted.config.ts', import.meta.url));
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config, `src/core/${tests}`], {
    cwd: fileURLToPath(library),
    env: { ...process.env, PLANTED: String(number) },
    stdio: 'ignore',
  });
  return status === 0;
}
