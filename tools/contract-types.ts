import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';

/**
 * Writes the types by which account asks customer, from customer's committed contract. With `--check` it writes nothing and
 * fails where the file isn't what it would write.
 */
const workspaceRoot = join(import.meta.dirname, '..');
const contractFile = join(workspaceRoot, 'apps/customer/openapi.json');
const typesFile = join(workspaceRoot, 'apps/account/src/customer/customer.contract.ts');

const head = `/* Made from apps/customer/openapi.json by npm run contracts: not to be changed by hand. */\n\n`;

const contract = await readFile(contractFile, 'utf8');
const types = astToString(await openapiTypescript(contract, { immutable: true, alphabetize: true }));
const made = await format(head + types, { ...(await resolveConfig(typesFile)), filepath: typesFile });

if (!process.argv.includes('--check')) await writeFile(typesFile, made);
else if ((await readFile(typesFile, 'utf8')) !== made) {
  process.stderr.write(`${typesFile} isn't what customer's contract says. Run: npm run contracts\n`);
  process.exitCode = 1;
}
