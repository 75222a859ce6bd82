import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { ServiceName } from './service-name.ts';

/** A file of a service that is to be made. */
export interface NewFile {
  /** From the top of the project, with slashes. */
  readonly path: string;
  readonly text: string;
}

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const templates = path.join(import.meta.dirname, 'template');
const suffix = '.template';

/**
 * All files of a service and of its tests from outside, formatted. Packages have the versions that customer has: there is one
 * of each in the project.
 *
 * @throws Error when a template is no valid code
 */
export async function renderService(root: string, service: ServiceName, port: number): Promise<readonly NewFile[]> {
  const words = { ...service, port: String(port) };
  const sources = globSync(`**/*${suffix}`, { cwd: templates }).sort();
  const files = sources.map((file) => ({
    path: fill(file.slice(0, -suffix.length), words)
      .split(path.sep)
      .join('/')
      .replace(/^app\//, `apps/${service.name}/`)
      .replace(/^e2e\//, `e2e/${service.name}/`),
    text: fill(readFileSync(path.join(templates, file), 'utf8'), words),
  }));
  return Promise.all([...files, ...manifestsOf(root, service)].map((file) => formatted(root, file)));
}

/** `__Name__` stands for the name as a class has it, and so on. */
function fill(text: string, words: Readonly<Record<string, string>>): string {
  return text.replaceAll(/__(?<word>name|Name|NAME|camel|port)__/g, (_match, word: string) => words[word] ?? '');
}

function manifestsOf(root: string, { name }: ServiceName): NewFile[] {
  const read = (project: string): Manifest =>
    JSON.parse(readFileSync(path.join(root, project, 'package.json'), 'utf8')) as Manifest;
  const like = read('apps/customer');
  const versions = { ...like.dependencies, ...read('e2e/customer').dependencies };
  const take = (packages: readonly string[]) => Object.fromEntries(packages.map((each) => [each, versions[each]]));
  const common = { version: like.version, private: true };
  const checks = { typecheck: 'tsc -b tsconfig.json', lint: 'oxlint --type-aware --deny-warnings .' };
  const app = {
    name: `@breakwater/${name}`,
    ...common,
    description: `The ${name} service`,
    license: like.license,
    type: 'module',
    dependencies: take([
      '@breakwater/service-kit',
      '@nestjs/common',
      '@nestjs/core',
      '@nestjs/platform-fastify',
      'reflect-metadata',
      'rxjs',
      'zod',
    ]),
    scripts: {
      build: 'tsc -b tsconfig.build.json',
      ...checks,
      test: 'vitest run',
      start: 'node --enable-source-maps dist/main.js',
      migrate: 'node --enable-source-maps dist/migrate.js',
    },
  };
  const e2e = {
    name: `@breakwater/${name}-e2e`,
    ...common,
    description: `The ${name} service, tested from outside`,
    license: like.license,
    type: 'module',
    dependencies: {
      ...take(['@breakwater/service-kit']),
      [`@breakwater/${name}`]: like.version,
      ...take(['@breakwater/system-runner']),
    },
    scripts: { ...checks, e2e: 'vitest run' },
  };
  return [
    { path: `apps/${name}/package.json`, text: JSON.stringify(app) },
    { path: `e2e/${name}/package.json`, text: JSON.stringify(e2e) },
  ];
}

async function formatted(root: string, file: NewFile): Promise<NewFile> {
  const filepath = path.join(root, file.path);
  // JSON is laid out as npm does it, which prettier keeps where it begins so.
  const text = file.path.endsWith('package.json') ? JSON.stringify(JSON.parse(file.text), undefined, 2) : file.text;
  return { path: file.path, text: await format(text, { ...(await resolveConfig(filepath)), filepath }) };
}
