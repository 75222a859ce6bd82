import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readManifests, readSource, workspaceRoot } from '../workspace.ts';
import { endlessOnSystem, inProject, notRun, onSystem, preparations, runBy } from './command-register.ts';
import { commandsIn, readPages } from './pages.ts';

const pages = await readPages();
const commands = [...new Set(pages.flatMap(commandsIn))];
const ran = Object.entries(runBy).flatMap(([file, lines]) =>
  Object.entries(lines).map(([command, text]) => ({ file, command, text })),
);
const registered = [
  ...[inProject, onSystem, endlessOnSystem, notRun].flatMap((table) => Object.keys(table)),
  ...preparations,
  ...ran.map(({ command }) => command),
];
const exists = (file: string): boolean => existsSync(path.join(workspaceRoot, file));

/** The lines of a file that do something: no comments, no output. */
const workingLines = (file: string): string =>
  readSource(file)
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|#|\*|\/\*|title '|echo )/.test(line))
    .join('\n');

describe('the register of commands', () => {
  it('has every command of the documentation', () => {
    const missing = pages.flatMap((page) =>
      commandsIn(page)
        .filter((command) => !registered.includes(command))
        .map((command) => `${page.file}: ${command}`),
    );

    expect(missing, 'state in tools/docs-check/command-register.ts what runs them').toEqual([]);
  });

  it('has only commands of the documentation', () => {
    const unused = registered.filter((command) => !commands.includes(command));

    expect(unused, 'remove them from tools/docs-check/command-register.ts').toEqual([]);
  });

  it.each(ran)('names the file $file, which runs $command', ({ file, text }) => {
    expect(exists(file), `${file} exists`).toBe(true);
    expect(workingLines(file), `a line of ${file} that is not a comment`).toContain(text);
  });
});

describe('a command of the documentation', () => {
  const manifests = readManifests();
  const compose = parse(readSource('docker-compose.yml'), { merge: true }) as {
    services: Record<string, { profiles?: readonly string[] }>;
  };

  it.each(commands.filter((command) => /\bnpm run\b/.test(command)))('runs a script that exists: %s', (command) => {
    const script = /\bnpm run (?:--silent )?(?<script>[\w:-]+)/.exec(command)?.groups?.['script'] ?? '';
    const workspace = / -w (?<workspace>\S+)/.exec(command)?.groups?.['workspace'] ?? '';
    const manifest = manifests.find(({ name, folder }) => [name, folder].includes(workspace));

    expect(Object.keys(manifest?.scripts ?? {})).toContain(script);
  });

  it.each(commands.filter((command) => /\bnpm run generate \w/.test(command)))(
    'names a generator that exists: %s',
    (command) => {
      const names = command.replace(/^.*\bgenerate /, '').split(' ');
      const generators = manifests.flatMap(({ scripts }) => Object.keys(scripts));

      expect(generators).toEqual(expect.arrayContaining(names.map((name) => `generate:${name}`)));
    },
  );

  it.each(commands.filter((command) => /\bnpx nx (?!run-many|show)/.test(command)))(
    'names an Nx target that the project has: %s',
    (command) => {
      const { target = '', project = '' } = /\bnx (?<target>\S+) (?<project>\S+)/.exec(command)?.groups ?? {};
      const found = manifests.filter(({ name }) => [name, name.replace('@breakwater/', '')].includes(project));

      expect(found).toHaveLength(1);
      // The console has one more target in Nx: e2e runs the tests of @breakwater/console-e2e.
      expect([...Object.keys(found[0]?.scripts ?? {}), ...(project === 'console' ? ['e2e'] : [])]).toContain(target);
    },
  );

  it.each(commands.filter((command) => /\bdocker compose\b/.test(command)))(
    'names services and profiles of docker-compose.yml: %s',
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
    'names files that exist: %s',
    (command) => {
      const files = [...command.matchAll(/(?<= )(?:apps|compose|docs|k8s|libs|load-tests|tools)\/[\w./-]+/g)].map(
        ([file]) => file,
      );

      expect(files.filter((file) => !exists(file))).toEqual([]);
    },
  );
});
