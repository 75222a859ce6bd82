import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';

/**
 * Writes the types by which account asks customer, and the console asks both, from the committed contracts. With
 * `--check` it writes nothing and fails where a file isn't what it would write.
 */
const workspaceRoot = join(import.meta.dirname, '..');

/** Whose contract, and where its types are needed. */
const contracts = [
  { of: 'customer', types: 'apps/account/src/customer/customer.contract.ts' },
  { of: 'account', types: 'apps/console/src/contracts/account.contract.ts' },
  { of: 'customer', types: 'apps/console/src/contracts/customer.contract.ts' },
] as const;

for (const { of, types } of contracts) {
  const contractFile = `apps/${of}/openapi.json`;
  const typesFile = join(workspaceRoot, types);
  const head = `/* Made from ${contractFile} by npm run contracts: not to be changed by hand. */\n\n`;
  const contract = await readFile(join(workspaceRoot, contractFile), 'utf8');
  const source = astToString(await openapiTypescript(contract, { immutable: true, alphabetize: true }));
  const made = await format(head + source, { ...(await resolveConfig(typesFile)), filepath: typesFile });

  if (!process.argv.includes('--check')) await writeFile(typesFile, made);
  else if ((await readFile(typesFile, 'utf8')) !== made) {
    process.stderr.write(`${typesFile} isn't what ${of}'s contract says. Run: npm run contracts\n`);
    process.exitCode = 1;
  }
}
