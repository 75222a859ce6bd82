import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';

/** The name of a service in each spelling that code uses. */
export interface ServiceName {
  /** Folders, packages, log lines and the database's schema: `audit-trail`. */
  readonly name: string;
  /** Classes: `AuditTrail`. */
  readonly Name: string;
  /** Constants and functions: `auditTrail`. */
  readonly camel: string;
  /** Environment variables: `AUDIT_TRAIL`. */
  readonly NAME: string;
}

/** A file of a new service. */
export interface NewFile {
  /** Relative to the root of the workspace, with slashes. */
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

/** The service cannot be created; the message contains the reason and what is allowed. */
export class CannotMakeServiceError extends Error {
  override readonly name = 'CannotMakeServiceError';
}

/** Roles, labels and containers contain the name and have at most 63 characters. */
const maxLength = 40;

/** @throws CannotMakeServiceError if the text is not a valid name */
export function readServiceName(text: string): ServiceName {
  const fault = faultOf(text);
  if (fault !== undefined) throw new CannotMakeServiceError(`'${text}' is not a valid name for a service: ${fault}.`);
  const Name = text.replaceAll(/(?:^|-)(?<letter>.)/g, (_match, letter: string) => letter.toUpperCase());
  return {
    name: text,
    Name,
    camel: Name.charAt(0).toLowerCase() + Name.slice(1),
    NAME: text.replaceAll('-', '_').toUpperCase(),
  };
}

function faultOf(text: string): string | undefined {
  if (!/^[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*$/.test(text)) {
    return 'use lower-case letters and digits, with dashes between words, such as audit-trail';
  }
  if (text.length > maxLength) return `use at most ${maxLength} characters`;
  if (text.endsWith('-e2e')) return 'names with -e2e are those of packages with end-to-end tests';
  if (text.startsWith('pg-')) return 'PostgreSQL reserves schema names with pg_';
  return undefined;
}

/**
 * Returns all files of a service and of its end-to-end tests, formatted. Package versions are those of customer, because the
 * workspace has one version of each.
 *
 * @throws Error if a template is not valid code
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

/** Replaces `__Name__` by the name as classes spell it, and so on. */
function fill(text: string, words: Readonly<Record<string, string>>): string {
  return text.replaceAll(/__(?<word>name|Name|NAME|camel|port)__/g, (_match, word: string) => words[word] ?? '');
}

function manifestsOf(root: string, { name }: ServiceName): NewFile[] {
  const read = (project: string): Manifest =>
    JSON.parse(readFileSync(path.join(root, project, 'package.json'), 'utf8')) as Manifest;
  const customer = read('apps/customer');
  const versions = { ...customer.dependencies, ...read('e2e/customer').dependencies };
  const take = (packages: readonly string[]) => Object.fromEntries(packages.map((each) => [each, versions[each]]));
  const common = { version: customer.version, private: true };
  const checks = { typecheck: 'tsc -b tsconfig.json' };
  const app = {
    name: `@breakwater/${name}`,
    ...common,
    description: `The ${name} service`,
    license: customer.license,
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
    description: `End-to-end tests of the ${name} service`,
    license: customer.license,
    type: 'module',
    dependencies: {
      [`@breakwater/${name}`]: customer.version,
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
  // npm's layout of package.json; prettier keeps it.
  const text = file.path.endsWith('package.json') ? JSON.stringify(JSON.parse(file.text), undefined, 2) : file.text;
  return { path: file.path, text: await format(text, { ...(await resolveConfig(filepath)), filepath }) };
}
