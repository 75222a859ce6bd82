import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiListing } from './api-listing.ts';
import { entries, importsFrom, packageFolder, publishedFolder } from './entries.ts';

const name = '@breakwater/resilience';
const own = await entries();

/** The packages and folders that an entry may import. Node's modules are always allowed. */
const allowed: Readonly<Record<string, { readonly packages: readonly string[]; readonly folders: readonly string[] }>> =
  {
    [name]: { packages: [], folders: ['core'] },
    [`${name}/config`]: { packages: ['yaml'], folders: ['core', 'config'] },
    [`${name}/nest`]: {
      packages: ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs', 'yaml'],
      folders: ['core', 'config', 'doctor', 'nest'],
    },
    [`${name}/nest-testing`]: {
      packages: ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs', 'yaml'],
      folders: ['core', 'config', 'nest'],
    },
    [`${name}/actuator`]: { packages: [], folders: ['core', 'nest/actuator', 'nest/reload'] },
    [`${name}/prometheus`]: { packages: ['prom-client'], folders: ['core', 'adapters/prometheus'] },
    [`${name}/nest-prometheus`]: {
      packages: ['@nestjs/common', 'prom-client'],
      folders: ['core', 'adapters/prometheus'],
    },
    [`${name}/terminus`]: {
      packages: ['@nestjs/common', '@nestjs/terminus'],
      folders: ['core', 'adapters/terminus'],
    },
    [`${name}/opossum`]: { packages: ['opossum'], folders: ['core', 'adapters/opossum'] },
    [`${name}/opentelemetry`]: { packages: ['@opentelemetry/api'], folders: ['core', 'adapters/opentelemetry'] },
    ...Object.fromEntries(
      ['fetch', 'undici', 'axios'].map((client) => [
        `${name}/${client}`,
        {
          packages: ['@opentelemetry/api', ...(client === 'fetch' ? [] : [client])],
          folders: ['core', 'adapters/http', `adapters/${client}`],
        },
      ]),
    ),
    [`${name}/grpc`]: {
      packages: ['@grpc/grpc-js', '@opentelemetry/api'],
      folders: ['core', 'adapters/grpc', 'adapters/http'],
    },
    [`${name}/nest-axios`]: {
      packages: [
        '@nestjs/axios',
        '@nestjs/common',
        '@nestjs/core',
        '@opentelemetry/api',
        'axios',
        'reflect-metadata',
        'rxjs',
        'yaml',
      ],
      folders: ['core', 'config', 'doctor', 'nest', 'adapters/axios', 'adapters/http', 'adapters/nest-axios'],
    },
    [`${name}/logging`]: { packages: [], folders: ['core', 'adapters/logging'] },
    [`${name}/doctor`]: { packages: ['yaml'], folders: ['core', 'config', 'doctor'] },
    [`${name}/doctor-browser`]: { packages: [], folders: ['core', 'config', 'doctor'] },
    [`${name}/testing`]: { packages: [], folders: ['core', 'testing'] },
  };

describe.each(own)('The imports of $specifier', ({ specifier, code, published }) => {
  const { packages: mayImport, folders: mayReach } = allowed[specifier] ?? { packages: [], folders: [] };

  it.each([
    ['types', published.types, publishedFolder],
    ['compiled code', code, packageFolder],
  ])('in its %s are allowed', async (_what, file, folder) => {
    const { files, packages } = await importsFrom(file);
    const paths = files.map((path) => relative(join(folder, 'dist'), path).split(sep).join('/'));

    expect(packages.filter((imported) => imported !== 'node:*' && !mayImport.includes(imported))).toStrictEqual([]);
    expect(
      paths.filter((path) => !mayReach.some((allowedFolder) => path.startsWith(`${allowedFolder}/`))),
    ).toStrictEqual([]);
    expect(files.length).toBeGreaterThan(1);
  });

  it('in its published code, which shares files with other entries, are allowed', async () => {
    const { packages } = await importsFrom(published.code);

    expect(packages.filter((imported) => imported !== 'node:*' && !mayImport.includes(imported))).toStrictEqual([]);
  });
});

describe('The entries', () => {
  it('include one for browsers, whose code reaches no module of Node.js', async () => {
    const browser = own.find(({ specifier }) => specifier === `${name}/doctor-browser`);

    expect((await importsFrom(browser!.code)).packages).toStrictEqual([]);
  });

  it('are all tested here', () => {
    expect(own.map(({ specifier }) => specifier).sort()).toStrictEqual(Object.keys(allowed).sort());
  });
});

describe('api.md', () => {
  it('lists the public surface; after an intended change, run `npm run generate api`', async () => {
    await expect(await apiListing()).toMatchFileSnapshot('../api.md');
  });
});

describe('importsFrom', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'breakwater-imports-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ["import { a } from 'bare';", 'bare'],
    ["import type { a } from '@scope/bare/path';", '@scope/bare'],
    ["export {\n  a,\n  b,\n} from 'bare';", 'bare'],
    ["export type * from 'bare';", 'bare'],
    ["import 'bare';", 'bare'],
    ["export const a: import('bare').A;", 'bare'],
    ["const a = await import('bare');", 'bare'],
    ["const a = require('bare');", 'bare'],
    ['/// <reference types="bare" />', 'bare'],
    ["import { a } from 'node:fs';", 'node:*'],
  ])('finds %j', async (line, expected) => {
    await writeFile(join(folder, 'index.d.ts'), "export * from './other.js';\n");
    await writeFile(join(folder, 'other.d.ts'), `/** import 'comment'; */\n${line}\n`);

    expect((await importsFrom(join(folder, 'index.d.ts'))).packages).toContain(expected);
    expect((await importsFrom(join(folder, 'index.d.ts'))).packages).not.toContain('comment');
  });
});
