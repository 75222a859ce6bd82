import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import openapiTypescript, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';

const workspaceRoot = join(import.meta.dirname, '../..');

type Body = 'request' | 'response';

/** The operations that programs of this workspace call, each with the body whose type they need. */
const calledOperations: Readonly<Record<string, Readonly<Record<string, Body>>>> = {
  account: { openAccount: 'request', lookUpCustomers: 'request' },
  customer: { findCustomer: 'response', replaceFaults: 'request', playTimeline: 'request' },
};

/** What is read of an OpenAPI document. */
interface Document {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly parameters?: readonly { readonly in?: string }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
}

/** A generated file of types. */
export interface ContractFile {
  readonly path: string;
  readonly content: string;
}

/** Derives the types of the called operations from the committed `apps/*\/openapi.json`. */
export function contractFiles(): Promise<readonly ContractFile[]> {
  return Promise.all(
    Object.entries(calledOperations).map(async ([service, called]) => {
      const source = `apps/${service}/openapi.json`;
      const path = join(import.meta.dirname, `src/${service}.contract.ts`);
      const document = JSON.parse(await readFile(join(workspaceRoot, source), 'utf8')) as Document;
      const reduced = reduceTo(called, document) as unknown as OpenAPI3;
      const types = astToString(await openapiTypescript(reduced, { immutable: true, alphabetize: true }));
      const head = `/* Generated from ${source} by \`npm run generate contracts\`. Do not edit. */\n\n`;
      return { path, content: await format(head + types, { ...(await resolveConfig(path)), filepath: path }) };
    }),
  );
}

/** Keeps the called operations and the schemas that they refer to. */
function reduceTo(called: Readonly<Record<string, Body>>, { openapi, info, paths, components }: Document): Document {
  const found = Object.entries(paths).flatMap(([path, operations]) => {
    const kept = Object.entries(operations).flatMap(([method, operation]) => {
      const body = called[operation.operationId];
      return body === undefined ? [] : [[method, reduceOperation(operation, body)] as const];
    });
    return kept.length === 0 ? [] : [[path, Object.fromEntries(kept)] as const];
  });
  const kept = Object.fromEntries(found);
  const missing = Object.keys(called).filter((id) => !JSON.stringify(kept).includes(`"operationId":"${id}"`));
  if (missing.length > 0) throw new Error(`The OpenAPI document has no operation ${missing.join(', ')}.`);
  return { openapi, info, paths: kept, components: { schemas: referredSchemas(kept, components.schemas) } };
}

/** Headers and the bodies of errors are the same everywhere, so that no program reads their types. */
function reduceOperation(
  { operationId, summary = '', parameters = [], requestBody, responses }: Operation,
  body: Body,
) {
  const needed =
    body === 'request'
      ? { requestBody, responses: {} }
      : {
          responses: Object.fromEntries(
            Object.entries(responses).map(([status, { description, content }]) => [
              status,
              status.startsWith('2') ? { description, content } : { description },
            ]),
          ),
        };
  return {
    operationId,
    summary,
    parameters: parameters.filter((parameter) => parameter.in === 'path'),
    ...needed,
  } as Operation;
}

function referredSchemas(value: object, schemas: Readonly<Record<string, object>>): Record<string, object> {
  const names = Array.from(JSON.stringify(value).matchAll(/#\/components\/schemas\/(\w+)/g), ([, name = '']) => name);
  return Object.fromEntries(
    names.flatMap((name) => {
      const schema = schemas[name] ?? {};
      return [[name, schema], ...Object.entries(referredSchemas(schema, schemas))];
    }),
  );
}

/** Builds the services, because Node does not run decorators in TypeScript, and has them describe themselves. None of them listens. */
async function writeDocuments(): Promise<void> {
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
}

/** `npm run generate contracts`: writes `apps/*\/openapi.json`, and from them the types in `src`. */
if (import.meta.main) {
  await writeDocuments();
  for (const { path, content } of await contractFiles()) await writeFile(path, content);
}
