import { globSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readSource, runNx, workspaceRoot } from './workspace.ts';

/**
 * `npm test`: checks types, lint and prose and runs every test of every project, cached by Nx. The last line has the number of
 * tests that passed and failed, summed over the projects.
 */
const resultFiles = '{monitoring,k8s,load-tests,tools,{apps,libs,e2e}/*}/test-results/vitest*.json';

/** The checks that run in parallel. */
const checks = ['typecheck', 'lint', 'test', 'prose'];

interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

// Nx restores results from its cache, so every result that exists afterwards belongs to this run.
for (const file of globSync(resultFiles, { cwd: workspaceRoot })) rmSync(path.join(workspaceRoot, file));

const checksExit = await runNx('run-many', '-t', ...checks, '--parallel=3');
// End-to-end tests mostly wait for processes, so three run at a time. The longest start first, so that none ends alone. Those of
// the whole system put it under load and run alone.
const longest = ['@breakwater/console-e2e', '@breakwater/account-e2e', '@breakwater/tools', '@breakwater/demo'];
const underLoad = '@breakwater/system-e2e';
const e2eExits = [
  await runNx('run-many', '-t', 'e2e', '-p', [...longest, '*'].join(','), '--exclude', underLoad, '--parallel=3'),
  await runNx('run-many', '-t', 'e2e', '-p', underLoad),
];

const results = globSync(resultFiles, { cwd: workspaceRoot }).map((file) => JSON.parse(readSource(file)) as Counts);
const sum = (key: keyof Counts): number => results.reduce((total, counts) => total + counts[key], 0);
const [passed, failed, skipped] = [sum('numPassedTests'), sum('numFailedTests'), sum('numPendingTests')];
const hasFailed = [checksExit, ...e2eExits].some((exit) => exit !== 0) || failed > 0;
if (hasFailed && failed === 0) process.stdout.write('No test failed, but another check did: see above.\n');
const failures = hasFailed ? Math.max(failed, 1) : 0;
process.stdout.write(`${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = hasFailed ? 1 : 0;
