import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifests, workspaceRoot } from '../workspace.ts';
import { runInShell } from '../docs-check/run-command.ts';
import { makeService, nextCommands, nextSteps } from './make-service.ts';

/** Not copied: results of earlier runs, which would hide failures, what another test may write, and packages, which are linked. */
const excluded = new Set(['.git', '.nx', 'node_modules', 'package', 'test-results', 'results']);

describe('a new service', () => {
  let copy: string;
  const run = (command: string) =>
    runInShell(command, {
      cwd: copy,
      timeLimitMs: 280_000,
      // Nx sets FORCE_COLOR, and Node warns if both are set.
      env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', FORCE_COLOR: undefined, NO_COLOR: '1' },
    });

  beforeAll(() => {
    copy = mkdtempSync(path.join(tmpdir(), 'new-service-'));
    cpSync(workspaceRoot, copy, { recursive: true, filter: (file) => !excluded.has(path.basename(file)) });
    for (const { folder } of readManifests()) copyPackages(folder);
  });

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  /** Links the files of packages if the file system allows it: npm replaces files and never changes one. */
  function copyPackages(folder: string): void {
    const [from, to] = [workspaceRoot, copy].map((root) => path.join(root, folder, 'node_modules'));
    if (from === undefined || to === undefined || !existsSync(from)) return;
    mkdirSync(to, { recursive: true });
    // Other names with a dot are caches, which programs change at any time.
    const names = readdirSync(from).filter((name) => !name.startsWith('.') || name === '.bin');
    const isLinked = spawnSync('cp', ['-al', ...names, to], { cwd: from }).status === 0;
    if (!isLinked) {
      rmSync(to, { recursive: true, force: true });
      for (const name of names)
        cpSync(path.join(from, name), path.join(to, name), { recursive: true, verbatimSymlinks: true });
    }
  }

  it('passes type check, lint, unit and end-to-end tests by the printed commands', async () => {
    const made = await makeService(copy, 'audit-trail');
    const lockfile = (): string => readFileSync(path.join(copy, 'package-lock.json'), 'utf8');
    const before = lockfile();

    for (const command of nextCommands(made)) {
      const { exitCode, output } = await run(command);
      expect({ command, exitCode, output }).toEqual({ command, exitCode: 0, output: expect.any(String) as string });
    }

    expect(lockfile()).toContain('"e2e/audit-trail"');
    expect(lockfile().split('\n').length - before.split('\n').length).toBeLessThan(60);
    const counts = JSON.parse(readFileSync(path.join(copy, 'e2e/audit-trail/test-results/vitest.json'), 'utf8')) as {
      numPassedTests: number;
    };
    expect(counts.numPassedTests).toBe(2);
    expect((await run('npx prettier --check apps/audit-trail e2e/audit-trail')).exitCode).toBe(0);
    for (const command of nextCommands(made)) expect(nextSteps(made)).toContain(`\n  ${command}\n`);
  });

  it('is refused by a second run with the same name', async () => {
    const { exitCode, output } = await run('npm run --silent new:service -- audit-trail');

    expect({ exitCode, output }).toEqual({
      exitCode: 1,
      output: '✖ apps/audit-trail already exists: choose another name, or remove it.\n',
    });
  });
});
