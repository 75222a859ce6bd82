import type { z } from 'zod';
import type { ConfigFault, Environment } from './config-fault.ts';
import { fileVariableOf, readFileVariables } from './secret-files.ts';

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
 * Reads a configuration from the environment, whole or not at all. A variable set to an empty text counts as not set. Each
 * may be given by a file instead: for `X`, `X_FILE` names the file that holds its value.
 *
 * @param schema an object of variables by name; see `variables.ts` for the usual ones
 * @param environment default: `process.env`
 * @throws InvalidConfigError listing every fault
 */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment = process.env,
): z.output<Schema> {
  const files = readFileVariables(Object.keys(schema.shape), environment);
  const given = { ...Object.fromEntries(Object.entries(environment).filter(([, value]) => value)), ...files.values };
  const result = schema.safeParse(given);
  if (result.success && files.faults.length === 0) return result.data;

  const inFault = new Set(files.faults.map(({ variable }) => variable));
  const issues = result.error?.issues ?? [];
  throw new InvalidConfigError([
    ...files.faults,
    ...issues
      .map(({ path, message }) => ({ variable: String(path[0]), allowed: message }))
      // What is wrong with the file is why there is no value.
      .filter(({ variable }) => !inFault.has(fileVariableOf(variable)))
      .map(({ variable, allowed }) => ({
        variable,
        given: variable in files.values ? '(not shown, from its file)' : show(variable, given[variable]),
        allowed,
      })),
  ]);
}

function show(variable: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return secret.test(variable) ? '(not shown)' : JSON.stringify(value);
}
