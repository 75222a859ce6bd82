import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';

/**
 * `npm run contracts`: writes what the services' code says of their APIs to `apps/<name>/openapi.json`, and from customer's
 * the types that account asks customer by. No database is needed: the services are made and never begin.
 *
 * The services are built first, since Node doesn't run decorators from their sources.
 */
const workspaceRoot = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);

interface ContractModule {
  readonly describeContract: () => Promise<object>;
}

async function main(): Promise<void> {
  const names = globSync('apps/*/src/contract.ts', { cwd: workspaceRoot }).map(nameOf).sort();
  await run(nxProgram(), 'run-many', '-t', 'build', '-p', names.map((name) => `@breakwater/${name}`).join(','));
  for (const name of names) {
    const built = pathToFileURL(join(workspaceRoot, `apps/${name}/dist/contract.js`));
    const { describeContract } = (await import(built.href)) as ContractModule;
    await writeContract(name, await describeContract());
  }
  await run(join(import.meta.dirname, 'contract-types.ts'));
}

/** The service of `apps/<name>/src/contract.ts`. */
const nameOf = (file: string): string => basename(dirname(dirname(file)));

async function writeContract(name: string, contract: object): Promise<void> {
  const file = join(workspaceRoot, `apps/${name}/openapi.json`);
  await writeFile(file, await format(JSON.stringify(contract), { ...(await resolveConfig(file)), filepath: file }));
}

/** Nx as a program for this very Node, whatever the platform calls its launcher. */
function nxProgram(): string {
  const manifest = require.resolve('nx/package.json');
  const { bin } = require(manifest) as { bin: { nx: string } };
  return join(dirname(manifest), bin.nx);
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: workspaceRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed: see above.`);
}

await main();
