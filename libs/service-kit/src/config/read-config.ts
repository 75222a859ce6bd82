import { withoutSecrets } from '@breakwater/contracts/without-secrets';
import { readFileSync } from 'node:fs';
import type { z } from 'zod';

/** The variables of a process, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One invalid variable. */
export interface ConfigIssue {
  readonly variable: string;
  /** The value as messages show it, secrets hidden. Undefined when the variable is not set. */
  readonly given: string | undefined;
  /** What is allowed, as "must be …". */
  readonly allowed: string;
}

/** The environment is not a valid configuration. The message has a line for each invalid variable. */
export class InvalidConfigError extends Error {
  override readonly name = 'InvalidConfigError';
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    const lines = issues.map(({ variable, given, allowed }) => {
      return `  ${variable} ${given === undefined ? 'is not set' : `is ${given}`}: ${allowed}`;
    });
    super(['the configuration is not valid.', ...lines].join('\n'));
    this.issues = issues;
  }
}

/**
 * Reads a configuration from the environment. An empty variable counts as not set. The value of each variable `X` may be in a
 * file that `X_FILE` names.
 *
 * @param schema an object of variables by name; `variables.ts` has the usual ones
 * @param environment default: `process.env`
 * @throws InvalidConfigError that lists every invalid variable
 */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment = process.env,
): z.output<Schema> {
  const files = readFileVariables(Object.keys(schema.shape), environment);
  const given = { ...Object.fromEntries(Object.entries(environment).filter(([, value]) => value)), ...files.values };
  const result = schema.safeParse(given);
  if (result.success && files.issues.length === 0) {
    origins.set(result.data, { schema, environment });
    return result.data;
  }

  const invalidFiles = new Set(files.issues.map(({ variable }) => variable));
  const issues = result.error?.issues ?? [];
  throw new InvalidConfigError([
    ...files.issues,
    ...issues
      .map(({ path, message }) => ({ variable: String(path[0]), allowed: message }))
      // Without its file the variable has no value; the issue of the file is enough.
      .filter(({ variable }) => !invalidFiles.has(fileVariableOf(variable)))
      .map(({ variable, allowed }) => ({
        variable,
        given: variable in files.values ? '(not shown, from its file)' : show(variable, given[variable]),
        allowed,
      })),
  ]);
}

interface Origin {
  readonly schema: z.ZodObject;
  readonly environment: Environment;
}

/** What each configuration was read from. */
const origins = new WeakMap<object, Origin>();

/**
 * Reads a variable of a configuration again if its value came from a file, which may have been replaced since.
 *
 * @returns undefined when it came from no file, or when the file has no valid value at the moment
 */
export function readAgain<Config extends object, Name extends keyof Config & string>(
  config: Config,
  variable: Name,
): Config[Name] | undefined {
  const origin = origins.get(config);
  if (origin === undefined) return undefined;
  const text = readFileVariables([variable], origin.environment).values[variable];
  const rule = origin.schema.shape[variable] as z.ZodType<Config[Name]> | undefined;
  return text === undefined ? undefined : rule?.safeParse(text).data;
}

/** A changed file applies after this time at the latest, well within 10 s. */
const followIntervalMs = 2_000;

/**
 * Follows a variable whose value is in a file: a changed file applies to later calls within 2 s, also where Kubernetes replaces
 * it by changing a symbolic link. A file that is missing or not valid leaves the last value.
 *
 * @param now milliseconds of a clock that never goes back. Default: that of the process
 */
export function followVariable<Config extends object, Name extends keyof Config & string>(
  config: Config,
  variable: Name,
  now: () => number = () => performance.now(),
): () => Config[Name] {
  let value = config[variable];
  let readAt = now();
  return () => {
    if (now() - readAt < followIntervalMs) return value;
    readAt = now();
    return (value = readAgain(config, variable) ?? value);
  };
}

/** Variables with secret values, by the last word of their names. */
const secret = /(TOKEN|PASSWORD|SECRET|KEY|DATABASE_URL)$/;

function show(variable: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return secret.test(variable) ? '(not shown)' : JSON.stringify(withoutSecrets(value));
}

const fileVariableOf = (variable: string): string => `${variable}_FILE`;

/**
 * Reads the variables whose values are in files, as the official Docker images do. Line breaks at the end of a file are not part
 * of the value.
 */
function readFileVariables(
  variables: readonly string[],
  environment: Environment,
): { readonly values: Environment; readonly issues: readonly ConfigIssue[] } {
  const values: Record<string, string> = {};
  const issues: ConfigIssue[] = [];
  for (const variable of variables) {
    const file = environment[fileVariableOf(variable)];
    if (!file) continue;
    const refuse = (allowed: string): void =>
      void issues.push({ variable: fileVariableOf(variable), given: JSON.stringify(file), allowed });
    if (environment[variable]) {
      refuse(`must not be set together with ${variable}; unset one of them`);
      continue;
    }
    try {
      const value = readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
      if (value) values[variable] = value;
      else refuse('must name a file that is not empty');
    } catch (error) {
      refuse(`must name a file that can be read (${reasonOf(error)})`);
    }
  }
  return { values, issues };
}

/** `ENOENT: no such file or directory, open '/run/secrets/x'` up to the comma. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/,.*$/s, '');
