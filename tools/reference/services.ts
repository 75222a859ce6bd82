import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readAccountConfig } from '../../apps/account/src/app.config.ts';
import { readConsoleConfig } from '../../apps/console/src/console.config.ts';
import { readCustomerConfig } from '../../apps/customer/src/app.config.ts';
import { plainText } from '../../libs/resilience/src/config/words.ts';
import { InvalidConfigError, readConfig, type Environment } from '../../libs/service-kit/src/config/read-config.ts';
import { readMigrationConfig } from '../../libs/service-kit/src/config/service-config.ts';
import { labVariables } from '../../libs/service-kit/src/lab/index.ts';
import { docstringsIn } from './docstrings.ts';
import { durationText } from './duration-text.ts';
import { code, table, workspaceRoot } from './markdown.ts';

type ReadConfig = (environment: Environment) => Readonly<Record<string, unknown>>;

/** A process that reads its environment. */
interface ConfiguredProcess {
  readonly title: string;
  readonly read: ReadConfig;
  /** The file with what is its own; all of them also have what the chassis says. */
  readonly source: string;
}

const chassisSource = 'libs/service-kit/src/config/service-config.ts';

const processes: readonly ConfiguredProcess[] = [
  { title: 'account', read: readAccountConfig, source: 'apps/account/src/app.config.ts' },
  { title: 'customer', read: readCustomerConfig, source: 'apps/customer/src/app.config.ts' },
  {
    title: 'customer’s lab entry, in addition',
    read: (environment) => readConfig(z.object(labVariables), environment),
    source: 'libs/service-kit/src/lab/index.ts',
  },
  {
    title: 'The migrations of account and customer',
    read: (environment) => readMigrationConfig('account', environment),
    source: chassisSource,
  },
  { title: 'The console', read: readConsoleConfig, source: 'apps/console/src/console.config.ts' },
];

/** A section for each process, with every variable. */
export function serviceSections(): string {
  return processes.map((described) => `### ${described.title}\n\n${variableTable(described)}`).join('\n\n');
}

function variableTable({ read, source }: ConfiguredProcess): string {
  const meanings = new Map(
    // A process's own word comes later, and holds.
    [chassisSource, source].flatMap(docstringsOf).map(({ name, text }) => [name, text] as const),
  );
  const allowed = whatIsAllowed(read, [...meanings.keys()]);
  const { required, defaults } = whatHoldsByDefault(read);
  const rows = [...allowed].map(([variable, values]) => {
    const byDefault = required.has(variable) ? 'required' : defaultText(defaults[variable], values);
    return [code(variable), values, byDefault, meanings.get(variable) ?? ''];
  });
  return table(['variable', 'takes', 'default', 'meaning'], rows);
}

/** What each variable may be, as the process says when it is given what none may be. */
function whatIsAllowed(read: ReadConfig, names: readonly string[]): ReadonlyMap<string, string> {
  const nothingIsThis = '\0';
  const faults = faultsOf(() => read(Object.fromEntries(names.map((name) => [name, nothingIsThis]))));
  return new Map(
    faults.map(({ variable, allowed }) => [
      variable,
      allowed.replace(/^must be /, '').replaceAll(/https?:[^\s,]+/g, code),
    ]),
  );
}

function whatHoldsByDefault(read: ReadConfig): { required: ReadonlySet<string>; defaults: ReturnType<ReadConfig> } {
  const required = new Set(faultsOf(() => read({})).map(({ variable }) => variable));
  // Of what is required only the database has no default, and this one is never asked.
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

/** As it would be written. */
function defaultText(value: unknown, allowed: string): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'not set';
  if (typeof value === 'number' && allowed.startsWith('a duration')) return code(durationText(value));
  return code(plainText(value).replace(`-${process.pid}`, '-<process id>'));
}

function docstringsOf(file: string): ReturnType<typeof docstringsIn> {
  const path = join(workspaceRoot, file);
  const variable = /^[A-Z][A-Z_]+$/;
  return docstringsIn(path, readFileSync(path, 'utf8')).filter(({ name }) => variable.test(name));
}
