import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * `npm test`: types, lint and every test of every project, cached by Nx. It ends with a line that says how many tests
 * passed and failed, added up over the projects.
 */
const workspaceRoot = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const resultFiles = '{monitoring,k8s,load-tests,tools,{apps,libs,e2e}/*}/test-results/*.json';

interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

async function main(): Promise<number> {
  // Nx brings results back from its cache, so that what is there afterwards belongs to this run.
  for await (const file of glob(resultFiles, { cwd: workspaceRoot })) await rm(join(workspaceRoot, file));

  const unitExit = await nx('-t', 'typecheck', 'lint', 'test', '--parallel=2');
  // End-to-end tests start real systems; side by side they would take each other's processor.
  const e2eExit = await nx('-t', 'e2e', '--parallel=1');

  const { passed, failed, skipped } = await addUp();
  const hasFailed = unitExit !== 0 || e2eExit !== 0;
  const failures = hasFailed ? Math.max(failed, 1) : failed;
  if (hasFailed && failed === 0) process.stdout.write('No test failed, but a check did: see above.\n');
  process.stdout.write(`${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  return failures > 0 ? 1 : 0;
}

async function nx(...args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [nxProgram(), 'run-many', ...args], {
    cwd: workspaceRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** Nx as a program for this very Node, whatever the platform calls its launcher. */
function nxProgram(): string {
  const manifest = require.resolve('nx/package.json');
  const { bin } = require(manifest) as { bin: { nx: string } };
  return join(dirname(manifest), bin.nx);
}

async function addUp(): Promise<{ passed: number; failed: number; skipped: number }> {
  let [passed, failed, skipped] = [0, 0, 0];
  for await (const file of glob(resultFiles, { cwd: workspaceRoot })) {
    const counts = JSON.parse(await readFile(join(workspaceRoot, file), 'utf8')) as Counts;
    passed += counts.numPassedTests;
    failed += counts.numFailedTests;
    skipped += counts.numPendingTests;
  }
  return { passed, failed, skipped };
}

process.exitCode = await main();
