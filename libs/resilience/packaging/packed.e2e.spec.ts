import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareApplication, type BareApplication, pack } from './bare-application.ts';
import { entries, packageFolder } from './entries.ts';

const nest = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];

const applications = [
  { name: 'core-alone', packages: [], prints: 'The core works alone.' },
  { name: 'nest', packages: nest, prints: 'The decorator works.' },
  {
    name: 'every-entry',
    packages: [...nest, '@nestjs/terminus', '@opentelemetry/api', 'opossum', 'prom-client', 'yaml'],
    prints: 'Every entry works',
  },
];

let folder: string;
let archive: string;
let files: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater-packed-'));
  ({ archive, files } = await pack(folder));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('The packed library', () => {
  it('contains the exports in package.json', async () => {
    const exported = (await entries()).flatMap(({ types, code }) => [types, code]);

    const paths = exported.map((path) => relative(packageFolder, path).split(sep).join('/'));
    expect(paths.filter((path) => !files.includes(path))).toStrictEqual([]);
  });

  it('contains its licence, its README and the sources of its source maps', async () => {
    const map = JSON.parse(await readFile(join(packageFolder, 'dist/core/index.js.map'), 'utf8')) as {
      readonly sources: readonly string[];
    };

    expect(map.sources).toStrictEqual(['../../src/core/index.ts']);
    expect(files).toStrictEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'src/core/index.ts']));
  });

  it('contains no specs and no build files', () => {
    expect(files.filter((path) => !/^(?:dist|src)\//.test(path)).sort()).toStrictEqual([
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    expect(files.filter((path) => /\.spec\.|tsbuildinfo$/.test(path))).toStrictEqual([]);
  });

  it('has the licence of the project', async () => {
    const [own, projects] = await Promise.all(
      [packageFolder, join(packageFolder, '../..')].map((path) => readFile(join(path, 'LICENSE'), 'utf8')),
    );

    expect(own).toBe(projects);
  });
});

describe.each(applications)('The application $name, outside the workspace', ({ name, packages, prints }) => {
  let installing: Promise<BareApplication> | undefined;

  /** Installed by the first test; if that fails, every test reports the reason. */
  const installed = () => (installing ??= bareApplication(folder, name, archive, packages));

  it('has no optional peer that it does not declare', async () => {
    const { peerDependencies } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as {
      readonly peerDependencies: Readonly<Record<string, string>>;
    };
    const optional = Object.keys(peerDependencies);

    const { packages: present } = await installed();

    expect(optional.filter((peer) => present.includes(peer) && !packages.includes(peer))).toStrictEqual([]);
  });

  it('compiles with the types of the libraries', async () => {
    const application = await installed();

    expect(await application.compile()).toStrictEqual({ exitCode: 0, output: '' });
  });

  it('runs', async () => {
    const application = await installed();

    const { exitCode, output } = await application.start();

    expect(output).toContain(prints);
    expect(exitCode).toBe(0);
  });
});
