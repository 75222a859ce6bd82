import type { z } from 'zod';

/** The variables of a process, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One variable that cannot be used. */
export interface ConfigFault {
  readonly variable: string;
  /** What was given, or undefined when nothing was. A secret is not repeated. */
  readonly given: string | undefined;
  /** What is allowed, as "must be …". */
  readonly allowed: string;
}

/** The environment doesn't describe a configuration. The message has a line for every fault. */
export class InvalidConfigError extends Error {
  override readonly name = 'InvalidConfigError';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(['the configuration is not valid.', ...faults.map((fault) => `  ${describe(fault)}`)].join('\n'));
    this.faults = faults;
  }
}

const describe = ({ variable, given, allowed }: ConfigFault): string =>
  `${variable} ${given === undefined ? 'is not set' : `is ${given}`}: ${allowed}`;

/** Variables whose value stays out of messages, by the last word of their name. */
const secret = /(TOKEN|PASSWORD|SECRET|KEY|DATABASE_URL)$/;

/**
 * Reads a configuration from the environment, whole or not at all. A variable set to an empty text counts as not set.
 *
 * @param schema an object of variables by name; see `variables.ts` for the usual ones
 * @param environment default: `process.env`
 * @throws InvalidConfigError listing every fault
 */
export function readConfig<Schema extends z.ZodType>(
  schema: Schema,
  environment: Environment = process.env,
): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  const result = schema.safeParse(given);
  if (result.success) return result.data;

  throw new InvalidConfigError(
    result.error.issues.map(({ path, message }) => {
      const variable = String(path[0]);
      return { variable, given: show(variable, given[variable]), allowed: message };
    }),
  );
}

function show(variable: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return secret.test(variable) ? '(not shown)' : JSON.stringify(value);
}
