import path from 'node:path';
import { parseArgs } from 'node:util';
import { makeService } from './make-service.ts';
import { CannotMakeServiceError } from './service-name.ts';
import { whatNext } from './what-next.ts';

const usage = `Usage: npm run new:service -- NAME

Makes a service on the chassis: apps/NAME with configuration, a module, a controller, health, metrics, a contract and their
tests, and apps/NAME-e2e, which starts it as a process on a real PostgreSQL. Then it says what is left to do.

  NAME      lower-case letters and digits, with dashes between words, such as audit-trail
  --help    show this
`;

/** `npm run new:service -- NAME`. Exit code 1: the service cannot be made; 2: the command line cannot be understood. */
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
    process.stderr.write(`✖ One name is needed. See npm run new:service -- --help\n`);
    return 2;
  }
  const made = await makeService(path.join(import.meta.dirname, '../..'), name);
  process.stdout.write(whatNext(made));
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
