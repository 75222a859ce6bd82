import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAccountConfig } from '@breakwater/account/config';
import { accountLabVariables } from '@breakwater/account/lab-config';
import { readConsoleConfig } from '@breakwater/console/config';
import { readCustomerConfig } from '@breakwater/customer/config';
import { durationText } from '@breakwater/resilience';
import { type Environment, InvalidConfigError, readConfig, readMigrationConfig } from '@breakwater/service-kit';
import { labVariables } from '@breakwater/service-kit/lab';
import { z } from 'zod';
import { docstringsIn } from './docstrings.ts';
import { workspaceRoot } from '../workspace.ts';
import { code, plainText } from './markdown.ts';

type ReadConfig = (environment: Environment) => Readonly<Record<string, unknown>>;

/** A process that is configured by environment variables. */
interface ConfiguredProcess {
  readonly title: string;
  readonly read: ReadConfig;
  /** The file with its own variables; every process also has those of the service kit. */
  readonly source: string;
}

const sharedSource = 'libs/service-kit/src/config/service-config.ts';

const processes: readonly ConfiguredProcess[] = [
  { title: 'account', read: readAccountConfig, source: 'apps/account/src/app.config.ts' },
  { title: 'customer', read: readCustomerConfig, source: 'apps/customer/src/app.config.ts' },
  {
    title: 'account’s lab entry, in addition',
    read: (environment) => readConfig(z.object(accountLabVariables), environment),
    source: 'apps/account/src/lab/account-lab.config.ts',
  },
  {
    title: 'customer’s lab entry, in addition',
    read: (environment) => readConfig(z.object(labVariables), environment),
    source: 'libs/service-kit/src/lab/index.ts',
  },
  {
    title: 'The migrations of account and customer',
    read: (environment) => readMigrationConfig('account', environment),
    source: sharedSource,
  },
  { title: 'The console', read: readConsoleConfig, source: 'apps/console/src/console.config.ts' },
];

/** A section for each process, with every variable. */
export function serviceSections(): string {
  return processes.map((described) => `### ${described.title}\n\n${variableList(described)}`).join('\n\n');
}

function variableList({ read, source }: ConfiguredProcess): string {
  const meanings = new Map(
    // The docstrings of the process override those of the service kit.
    [sharedSource, source].flatMap(docstringsOf).map(({ name, text }) => [name, text] as const),
  );
  const allowed = allowedValues(read, [...meanings.keys()]);
  const { required, defaults } = defaultsOf(read);
  const items = [...allowed].map(([variable, values]) => {
    const byDefault = required.has(variable) ? 'required' : defaultText(defaults[variable], values);
    return `- ${code(variable)} (${values}; ${byDefault}): ${meanings.get(variable) ?? ''}`;
  });
  return items.join('\n');
}

/** The values that each variable accepts, taken from the faults that a value accepted by none causes. */
function allowedValues(read: ReadConfig, names: readonly string[]): ReadonlyMap<string, string> {
  const invalid = '\0';
  const faults = faultsOf(() => read(Object.fromEntries(names.map((name) => [name, invalid]))));
  return new Map(
    faults.map(({ variable, allowed }) => [
      variable,
      allowed.replace(/^must be /, '').replaceAll(/https?:[^\s,]+/g, code),
    ]),
  );
}

function defaultsOf(read: ReadConfig): { required: ReadonlySet<string>; defaults: ReturnType<ReadConfig> } {
  const required = new Set(faultsOf(() => read({})).map(({ variable }) => variable));
  // Only DATABASE_URL may be required; no connection is made.
  const defaults = read(required.has('DATABASE_URL') ? { DATABASE_URL: 'postgres://localhost/none' } : {});
  return { required, defaults };
}

function faultsOf(read: () => unknown): InvalidConfigError['issues'] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.issues;
    throw error;
  }
}

/** The default as the environment would contain it. */
function defaultText(value: unknown, allowed: string): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'not set';
  if (typeof value === 'number' && allowed.startsWith('a duration')) return `default ${code(durationText(value, 'h'))}`;
  return `default ${code(plainText(value).replace(`-${process.pid}`, '-<process id>'))}`;
}

function docstringsOf(file: string): ReturnType<typeof docstringsIn> {
  const path = join(workspaceRoot, file);
  const variable = /^[A-Z][A-Z_]+$/;
  return docstringsIn(path, readFileSync(path, 'utf8')).filter(({ name }) => variable.test(name));
}
