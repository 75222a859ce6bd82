import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInShell } from '../docs-check/run-command.ts';
import { makeService } from './make-service.ts';
import { nextCommands, whatNext } from './what-next.ts';

const workspaceRoot = path.join(import.meta.dirname, '../..');

/** What a copy of the project is made without: results of earlier runs, which would speak for it, and what it is not. */
const leftOut = new Set(['.git', '.nx', 'node_modules', 'test-results', 'results']);

describe('a service that was made', () => {
  let copy: string;
  const run = (command: string) =>
    runInShell(command, {
      cwd: copy,
      timeLimitMs: 280_000,
      // Nx asks for colours, which Node then warns about.
      env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', FORCE_COLOR: undefined, NO_COLOR: '1' },
    });

  beforeAll(() => {
    copy = mkdtempSync(path.join(tmpdir(), 'new-service-'));
    cpSync(workspaceRoot, copy, { recursive: true, filter: (file) => !leftOut.has(path.basename(file)) });
    copyPackages('.');
    for (const folder of ['apps', 'e2e', 'libs']) {
      for (const name of readdirSync(path.join(workspaceRoot, folder))) copyPackages(`${folder}/${name}`);
    }
    for (const folder of ['tools', 'monitoring', 'k8s', 'load-tests']) copyPackages(folder);
  });

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  /** Files of packages are linked where the system allows it; npm replaces files and never writes into one. */
  function copyPackages(folder: string): void {
    const [from, to] = [workspaceRoot, copy].map((root) => path.join(root, folder, 'node_modules'));
    if (from === undefined || to === undefined || !existsSync(from)) return;
    mkdirSync(path.dirname(to), { recursive: true });
    const isLinked = spawnSync('cp', ['-al', from, to]).status === 0;
    if (!isLinked) {
      rmSync(to, { recursive: true, force: true });
      cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    }
    // These are written into.
    for (const name of ['.cache', '.vite', '.package-lock.json']) {
      rmSync(path.join(to, name), { recursive: true, force: true });
    }
  }

  it('is type-checked, linted, tested, started and found healthy by the commands that it is handed over with', async () => {
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
    for (const command of nextCommands(made)) expect(whatNext(made)).toContain(`\n  ${command}\n`);
  });

  it('is refused by a second run of the command', async () => {
    const { exitCode, output } = await run('npm run --silent new:service -- audit-trail');

    expect({ exitCode, output }).toEqual({
      exitCode: 1,
      output: '✖ apps/audit-trail is there already: choose another name, or remove it.\n',
    });
  });
});
