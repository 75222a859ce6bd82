import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareApplication, type BareApplication, clientPackages, pack, publishDryRun } from './bare-application.ts';
import { packageFolder, publishedFolder } from './entries.ts';
import { publishedManifest, sourceEntries, type SourceManifest } from './manifest.ts';
import { publishedPage } from './page.ts';

const nest = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];
const everyPeer = [...nest, '@nestjs/axios', '@nestjs/terminus', ...clientPackages];

const applications = [
  { name: 'core-alone', packages: [], prints: 'The core works alone.' },
  { name: 'nest', packages: nest, prints: 'The decorator works.' },
  {
    name: 'every-entry',
    packages: everyPeer,
    entryLists: ['entries.cts', 'entries.mts'],
    prints: 'Both forms share',
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
  it('passes the checks of publint', async () => {
    const { messages } = await publint({ pkgDir: publishedFolder, strict: true });

    expect(messages).toStrictEqual([]);
  });

  it('has types that every kind of module resolution finds, by the checks of attw', async () => {
    const packed = createPackageFromTarballData(await readFile(archive));

    const checked = await checkPackage(packed);

    expect(checked.types).not.toBe(false);
    expect('problems' in checked ? checked.problems : undefined).toStrictEqual([]);
  });

  it('passes npm publish --dry-run without a login', async () => {
    const { exitCode, output } = await publishDryRun();

    expect(output).toContain('+ @breakwater/resilience@');
    expect(output).not.toContain('auto-corrected');
    expect(exitCode).toBe(0);
  });

  it('contains the sources of its source maps', async () => {
    const maps = files.filter((path) => path.endsWith('.js.map'));
    const sources = maps.map(async (path) => {
      const map = JSON.parse(await readFile(join(publishedFolder, path), 'utf8')) as { readonly sources: string[] };
      return map.sources.map((source) => posix.join(posix.dirname(path), source));
    });

    const all = (await Promise.all(sources)).flat();
    expect(all.length).toBeGreaterThan(100);
    expect(all.filter((source) => !files.includes(source))).toStrictEqual([]);
  });

  it('contains no specs and no build files', () => {
    expect(files.filter((path) => !/^(?:dist|src)\//.test(path)).sort()).toStrictEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'api.md',
      'package.json',
    ]);
    expect(files.filter((path) => /\.spec\.|\.fixture\.|tsbuildinfo$/.test(path))).toStrictEqual([]);
  });

  it('has no types that import a file by the extension .ts', async () => {
    const types = files.filter((path) => /\.d\.m?ts$/.test(path));

    const texts = await Promise.all(types.map((path) => readFile(join(publishedFolder, path), 'utf8')));
    expect(types.filter((_, at) => /['"]\.[^'"]*(?<!\.d)\.ts['"]/.test(texts[at]!))).toStrictEqual([]);
  });

  it.each(['README.md', 'CHANGELOG.md', 'api.md'])(
    'has only links in %s that work without the repository',
    async (page) => {
      const text = await readFile(join(publishedFolder, page), 'utf8');

      const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
      expect(targets.filter((target) => !/^(?:https?:|#)/.test(target) && !files.includes(target))).toStrictEqual([]);
    },
  );

  it('has the licence of the project', async () => {
    const [own, projects] = await Promise.all(
      [publishedFolder, join(packageFolder, '../..')].map((path) => readFile(join(path, 'LICENSE'), 'utf8')),
    );

    expect(own).toBe(projects);
  });
});

describe('A package that is published from a repository', () => {
  const repository = 'https://example.org/owner/name';
  const target = { published: ['README.md'], location: 'libs/resilience', repository, version: '1.2.3' };

  it.each([
    ['[a\nb](../../docs/a.md#b)', `[a\nb](${repository}/blob/v1.2.3/docs/a.md#b)`],
    ['[api](api.md)', `[api](${repository}/blob/v1.2.3/libs/resilience/api.md)`],
    ['[here](#entries), [there](https://example.org)', '[here](#entries), [there](https://example.org)'],
    ['```ts\nlist[first](second)\n```', '```ts\nlist[first](second)\n```'],
  ])('has links to the repository: %j', (text, expected) => {
    expect(publishedPage(text, target)).toBe(expected);
  });

  it('names the addresses of the repository', async () => {
    const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as SourceManifest;

    expect(publishedManifest(manifest, sourceEntries(manifest), repository)).toMatchObject({
      homepage: `${repository}/tree/main/libs/resilience#readme`,
      repository: { type: 'git', url: `git+${repository}.git`, directory: 'libs/resilience' },
      bugs: { url: `${repository}/issues` },
    });
  });
});

describe.each(applications)('The application $name, outside the workspace', ({ name, prints, ...parts }) => {
  let installing: Promise<BareApplication> | undefined;

  /** Installed by the first test; if that fails, every test reports the reason. */
  const installed = () => (installing ??= bareApplication(folder, name, archive, parts));

  it('has no optional peer that it does not declare', async () => {
    const { peerDependencies } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as {
      readonly peerDependencies: Readonly<Record<string, string>>;
    };
    const optional = Object.keys(peerDependencies);

    const { packages: present } = await installed();

    expect(optional.filter((peer) => present.includes(peer) && !parts.packages.includes(peer))).toStrictEqual([]);
  });

  it('compiles with the types of the libraries', async () => {
    const application = await installed();

    expect(await application.compile()).toStrictEqual({ exitCode: 0, output: '' });
  });

  // The matrix checks older compilers and module resolutions.
  it('has no type errors with the library ES2021', async () => {
    const application = await installed();

    expect(await application.typeErrors()).toStrictEqual([]);
  });

  it('runs', async () => {
    const application = await installed();

    const { exitCode, output } = await application.start();

    expect(output).toContain(prints);
    expect(exitCode).toBe(0);
  });
});
