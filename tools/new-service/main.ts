import { parseArgs } from 'node:util';
import { workspaceRoot } from '../workspace.ts';
import { makeService, nextSteps } from './make-service.ts';
import { CannotMakeServiceError } from './render.ts';

const usage = `Usage: npm run new:service -- NAME

Writes a new service: apps/NAME with configuration, a module, a controller, health, metrics, a contract and tests, and
e2e/NAME, which tests it as a process on a real PostgreSQL (its package is @breakwater/NAME-e2e). Then it prints the next steps.

  NAME      lower-case letters and digits, with dashes between words, such as audit-trail
  --help    show this
`;

/** `npm run new:service -- NAME`. Exit code 1: the service cannot be created; 2: the command line is not valid. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    process.stderr.write(`✖ Give one name. See npm run new:service -- --help\n`);
    return 2;
  }
  process.stdout.write(nextSteps(await makeService(workspaceRoot, name)));
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (!isUsage && !(error instanceof CannotMakeServiceError)) throw error;
  process.stderr.write(`✖ ${error.message}${isUsage ? ' See npm run new:service -- --help' : ''}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
