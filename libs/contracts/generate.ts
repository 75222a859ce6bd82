import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { contractFiles, workspaceRoot } from './contract-types.ts';

/**
 * `npm run generate contracts`: writes the OpenAPI document of each service (`apps/*\/openapi.json`), and from them the types in `src`.
 *
 * The services are built first, because Node does not run decorators in TypeScript. No service listens or connects.
 */
const nx = createRequire(import.meta.url).resolve('nx');
const services = globSync('apps/*/src/contract.ts', { cwd: workspaceRoot }).map((file) =>
  basename(dirname(dirname(file))),
);
const projects = services.sort().map((service) => `@breakwater/${service}`);

execFileSync(process.execPath, [nx, 'run-many', '-t', 'build', '-p', projects.join()], {
  cwd: workspaceRoot,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
});
for (const service of services) {
  const { href } = pathToFileURL(join(workspaceRoot, `apps/${service}/dist/contract.js`));
  const { describeContract } = (await import(href)) as { readonly describeContract: () => Promise<object> };
  const file = join(workspaceRoot, `apps/${service}/openapi.json`);
  const document = JSON.stringify(await describeContract());
  await writeFile(file, await format(document, { ...(await resolveConfig(file)), filepath: file }));
}
for (const { path, content } of await contractFiles()) await writeFile(path, content);
