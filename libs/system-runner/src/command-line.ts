import { withoutSecrets } from '@breakwater/contracts/without-secrets';
import { readFileSync } from 'node:fs';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { BuildFailure, SystemFailure } from './system-failure.ts';

/** The command line is invalid; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads flags with Node's `parseArgs`.
 *
 * @throws UsageError with one sentence
 */
export function parseFlags<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // Node appends hints for shells to its first sentence.
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split(/\.\s|\n/, 1)[0]?.replace(/\.$/, '') ?? message);
  }
}

/** The choice with this name. @throws UsageError listing the choices */
export function parseChoice<Choice extends string>(flag: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((each) => each === text);
  if (choice === undefined) throw new UsageError(`${flag} is one of ${choices.join(', ')}, not '${text}'`);
  return choice;
}

/**
 * Describes for a terminal why a command failed, without the secrets of URLs. Unexpected errors are shown with their stack.
 *
 * @param command the command without options, such as `npm run demo`
 */
export function describeFailure(error: unknown, command: string): string {
  return withoutSecrets(describe(error, command));
}

function describe(error: unknown, command: string): string {
  // A URL that is quoted ends before the rest of the sentence.
  if (error instanceof UsageError) return `✖ ${withoutSecrets(error.message)}. See ${command} -- --help\n`;
  if (error instanceof SystemFailure) {
    const compilerOutput = error instanceof BuildFailure ? readFileSync(error.logFile, 'utf8') : '';
    return `${compilerOutput}✖ ${error.message}. ${error.remedy}\n`;
  }
  return `✖ Unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
}
