import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { workspaceRoot } from '../workspace.ts';

interface Component {
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly unknown[];
  readonly hashes?: readonly { readonly alg: string }[];
}

interface LockedPackage {
  /** Where the path has another one. */
  readonly name?: string;
  readonly version?: string;
  readonly link?: boolean;
}

it('the list of all packages (CycloneDX) has each locked package with its version and its checksum', () => {
  // With --omit=dev, npm 11 also leaves out most packages of workspaces. Those for development are marked.
  const flags = ['--sbom-format=cyclonedx', '--package-lock-only'];
  const text = execFileSync('npm', ['sbom', ...flags], {
    cwd: workspaceRoot,
    encoding: 'utf8',
    maxBuffer: 1e9,
    shell: process.platform === 'win32',
  });
  const folder = path.join(import.meta.dirname, '../test-results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'sbom.cdx.json'), text);
  const { bomFormat, components } = JSON.parse(text) as { bomFormat: string; components: Component[] };
  const lockfile = JSON.parse(readFileSync(path.join(workspaceRoot, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, LockedPackage>>;
  };
  const needed = Object.entries(lockfile.packages)
    .filter(([place, { link }]) => place.includes('node_modules/') && link !== true)
    .map(([place, { name = place.split('node_modules/').at(-1), version }]) => `${name}@${version}`);
  const listed = new Set(
    components.map(({ purl }) => decodeURIComponent(purl.replace('pkg:npm/', '').replace(/\?.*/, ''))),
  );

  expect(bomFormat).toBe('CycloneDX');
  expect(needed.filter((each) => !listed.has(each))).toEqual([]);
  const external = components.filter(({ purl }) => !purl.includes('%40breakwater/'));
  expect(
    external.filter(({ hashes }) => !hashes?.some(({ alg }) => alg === 'SHA-512')).map(({ purl }) => purl),
  ).toEqual([]);
});
