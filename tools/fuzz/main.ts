import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { workspaceRoot } from '../workspace.ts';

// Runs the properties of all fuzz specs for as long as you like: npm run fuzz -w tools -- --minutes 10 --seed 1
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? randomInt(1_000_000));
if (!(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write('--minutes is a number above 0, and --seed a whole number.\n');
  process.exit(2);
}

const specs = globSync('{apps,libs}/*/src/**/*.fuzz.spec.ts', { cwd: workspaceRoot }).toSorted();
const projects = Map.groupBy(specs, (spec) => spec.split(path.sep).slice(0, 2).join('/'));
const properties = specs.reduce(
  (sum, spec) => sum + (readFileSync(path.join(workspaceRoot, spec), 'utf8').match(/fc\.assert\(/g)?.length ?? 0),
  0,
);
const folder = mkdtempSync(path.join(tmpdir(), 'breakwater-fuzz-'));
const report = path.join(folder, 'report.jsonl');
let hasFailed = false;
for (const [project, files] of projects) {
  const { status } = spawnSync(
    process.execPath,
    [
      path.join(workspaceRoot, 'node_modules/vitest/vitest.mjs'),
      'run',
      ...files.map((file) => path.relative(project, file)),
    ],
    {
      cwd: path.join(workspaceRoot, project),
      env: {
        ...process.env,
        FUZZ_SECONDS: String((minutes * 60) / properties),
        FUZZ_SEED: String(seed),
        FUZZ_REPORT: report,
      },
      stdio: 'inherit',
    },
  );
  hasFailed ||= status !== 0;
}

const results = readFileSync(report, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as { property: string; runs: number; failed: boolean });
rmSync(folder, { recursive: true });
for (const { property, runs, failed } of results)
  process.stdout.write(`${String(runs).padStart(10)} runs  ${failed ? 'FAILED' : 'passed'}  ${property}\n`);
const total = results.reduce((sum, { runs }) => sum + runs, 0);
process.stdout.write(
  `${total} runs of ${results.length} properties with the seed ${seed} on ${new Date().toISOString().slice(0, 10)}\n`,
);
process.exitCode = hasFailed ? 1 : 0;
