import { parseArgs } from 'node:util';
import { seededRandom } from '../src/doctor/storm/random.ts';
import { findPlantedBug, passesUnitTests } from './explore-planted-bugs.ts';
import { exploreAll, exploreAtRandom, type Exploration } from './explorer.ts';
import { plantedBugs } from './planted-bugs.ts';
import { longScopes, scopes } from './scopes.ts';

const usage = `Usage: npm run interleavings -w @breakwater/resilience -- [OPTION...]

Executes every order of a few concurrent calls under the real policies, and finds the planted bugs.

  --planted      only the planted bugs
  --long         random orders of more steps instead, and the unit tests with each planted bug
  --seed N       for the random orders; 1 by default
  --attempts N   random orders of each scope; 200,000 by default
`;

let hasFailed = false;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      planted: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      attempts: { type: 'string', default: '200000' },
    },
  });
  const [seed, attempts] = [wholeNumber('seed', values.seed), wholeNumber('attempts', values.attempts)];
  const explorations: Exploration[] = [];
  if (!values.planted && !values.long) {
    for (const scope of scopes) explorations.push(report(await exploreAll(scope)));
  }
  if (values.long) {
    for (const [index, scope] of longScopes.entries()) {
      explorations.push(report(await exploreAtRandom(scope, attempts, seededRandom(seed, index))));
    }
    print(`The seed was ${seed}.`);
  }
  if (explorations.length > 0) {
    const sum = (key: 'schedules' | 'steps') => explorations.reduce((total, each) => total + each[key], 0);
    print(`${count(sum('schedules'))} distinct schedules, ${count(sum('steps'))} steps`);
  }
  await findPlantedBugs(values.long);
}

function report(exploration: Exploration): Exploration {
  const { scope, schedules, longest, violation } = exploration;
  print(`${scope}: ${count(schedules)} schedules of at most ${longest} steps`);
  if (violation === undefined) return exploration;
  hasFailed = true;
  print(`  VIOLATED: ${violation.message}\n  by: ${violation.schedule.join(', ')}`);
  return exploration;
}

async function findPlantedBugs(withUnitTests: boolean): Promise<void> {
  let found = 0;
  for (const [number, bug] of plantedBugs.entries()) {
    const violation = (await findPlantedBug(bug, number))?.violation;
    if (violation !== undefined) found++;
    print(`${violation === undefined ? 'NOT FOUND' : 'found'}: ${bug.name}`);
    if (violation !== undefined) print(`  ${violation.message}\n  by: ${violation.schedule.join(', ')}`);
    if (!withUnitTests || passesUnitTests(bug, number)) continue;
    hasFailed = true;
    print(`  FOUND BY THE UNIT TESTS too: ${bug.tests}`);
  }
  print(`${found} of ${plantedBugs.length} planted bugs found`);
  if (found < plantedBugs.length) hasFailed = true;
}

function wholeNumber(option: string, value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new TypeError(`--${option} must be a whole number of at least 0, but is '${value}'.`);
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
if (hasFailed) process.exitCode = 1;
