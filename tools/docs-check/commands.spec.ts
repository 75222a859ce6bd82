import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readManifests } from '../workspace.ts';
import { register } from './command-register.ts';
import { pagePaths, readPage, workspaceRoot } from './documents.ts';
import { shellCommandsOf } from './shell-commands.ts';

const read = (file: string): string => readFileSync(path.join(workspaceRoot, file), 'utf8');

const pagesByCommand = new Map<string, string[]>();
for (const page of pagePaths) {
  for (const command of shellCommandsOf(readPage(page))) {
    pagesByCommand.set(command, [...(pagesByCommand.get(command) ?? []), page]);
  }
}
const commands = [...pagesByCommand.keys()];
const entries = Object.entries(register);

/** The lines of a file that do something: no comments, and no titles of steps. */
const workingLines = (file: string): string =>
  read(file)
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|#|\*|\/\*|step '|echo )/.test(line))
    .join('\n');

describe('the register of commands', () => {
  it('has every command of the documentation', () => {
    const missing = commands.filter((command) => register[command] === undefined);

    expect(
      missing.map((command) => `${pagesByCommand.get(command)?.join(', ')}: ${command}`),
      'say in tools/docs-check/command-register.ts who runs them',
    ).toEqual([]);
  });

  it('has no command that no page has', () => {
    const left = entries.map(([command]) => command).filter((command) => !pagesByCommand.has(command));

    expect(left, 'take them out of tools/docs-check/command-register.ts').toEqual([]);
  });

  it.each(entries.flatMap(([command, how]) => ('by' in how ? [{ command, ...how }] : [])))(
    'names with $by a file that runs: $command',
    ({ by, as }) => {
      expect(existsSync(path.join(workspaceRoot, by)), `${by} exists`).toBe(true);
      expect(workingLines(by), `a line of ${by} that is no comment`).toContain(as);
    },
  );

  it('gives a reason for what nobody runs', () => {
    const reasons = entries.flatMap(([, how]) => ('notRun' in how ? [how.notRun] : []));

    expect(reasons.filter((reason) => reason.split(' ').length < 5)).toEqual([]);
  });
});

describe('a command of the documentation', () => {
  const manifests = readManifests();
  const compose = parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, { profiles?: readonly string[] }>;
  };

  it.each(commands.filter((command) => /\bnpm run\b/.test(command)))('runs a script that there is: %s', (command) => {
    const script = /\bnpm run (?:--silent )?(?<script>[\w:-]+)/.exec(command)?.groups?.['script'] ?? '';
    const workspace = / -w (?<workspace>\S+)/.exec(command)?.groups?.['workspace'] ?? '';
    const manifest = manifests.find(({ name, folder }) => [name, folder].includes(workspace));

    expect(Object.keys(manifest?.scripts ?? {})).toContain(script);
  });

  it.each(commands.filter((command) => /\bnpx nx (?!run-many|show)/.test(command)))(
    'asks Nx for a target that the project has: %s',
    (command) => {
      const { target = '', project = '' } = /\bnx (?<target>\S+) (?<project>\S+)/.exec(command)?.groups ?? {};
      const found = manifests.filter(({ name }) => [name, name.replace('@breakwater/', '')].includes(project));

      expect(found).toHaveLength(1);
      // Nx knows more targets of the console than its scripts: it passes e2e on to the project of its tests.
      expect([...Object.keys(found[0]?.scripts ?? {}), ...(project === 'console' ? ['e2e'] : [])]).toContain(target);
    },
  );

  it.each(commands.filter((command) => /\bdocker compose\b/.test(command)))(
    'names services and profiles that docker-compose.yml has: %s',
    (command) => {
      const scaled = [...command.matchAll(/--scale (?<service>[\w-]+)=/g)].map(({ groups }) => groups?.['service']);
      const profiles = [...command.matchAll(/--profile (?<profile>[\w-]+)/g)].map(({ groups }) => groups?.['profile']);
      const [, named] = /\b(?:exec|ps|logs --tail \d+|up) (?<service>[a-z][\w-]*)/.exec(command) ?? [];

      for (const service of [...scaled, ...(named === undefined ? [] : [named])]) {
        expect(Object.keys(compose.services)).toContain(service);
      }
      const known = Object.values(compose.services).flatMap(({ profiles: of = [] }) => of);
      for (const profile of profiles) expect(known).toContain(profile);
    },
  );

  it.each(commands.filter((command) => / (?:apps|compose|docs|k8s|libs|load-tests|tools)\//.test(command)))(
    'names files that there are: %s',
    (command) => {
      const files = [...command.matchAll(/(?<= )(?:apps|compose|docs|k8s|libs|load-tests|tools)\/[\w./-]+/g)].map(
        ([file]) => file,
      );

      expect(files.filter((file) => !existsSync(path.join(workspaceRoot, file)))).toEqual([]);
    },
  );
});
