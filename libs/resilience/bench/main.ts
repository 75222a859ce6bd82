/** `npm run bench`: the cost of a protected call, compared with other libraries. See `--help`. */
import { parseArgs } from 'node:util';
import { measureAdapters } from './adapters.ts';
import { cases } from './cases.ts';
import { brief, type CaseResult, measureCase, rowsOf, thorough } from './measure.ts';
import { measureMemory, measureRegistry } from './memory.ts';
import {
  adapterTable,
  asTables,
  costTable,
  documentOf,
  page,
  publish,
  publishedDocument,
  withAdapters,
} from './report.ts';

const usage = `Usage: npm run bench [-- OPTIONS]

Measures the cost of a protected call in one process on the same work: breakwater, cockatiel, opossum, mollitia and the bare
call. Compare ratios within a run; nanoseconds depend on the machine and its load.

  --case TEXT   run only the cases whose name contains TEXT, without targets; 'adapters' is that of the clients' adapters
  --guard       take fewer samples and apply the margin of each target: for CI, which detects regressions by a factor
  --publish     write the results to docs/performance.md and docs/performance/library.json
  --json        print {"rows": […], "memory": […], "adapters": […], "targets": […], …} to standard output
  --help        print this help

Exit code: 0 if every target is reached, 1 if one is missed, 2 if the command line is invalid.
`;

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
};
const print = (text: string): void => void process.stdout.write(`${text}\n`);

interface Options {
  readonly part: string | undefined;
  readonly isGuard: boolean;
  readonly isPublished: boolean;
  readonly json: boolean;
}

/** The case that is measured in processor time, on the clients of the adapters. */
const adapters = 'adapters';

async function main({ part, isGuard, isPublished, json }: Options): Promise<number> {
  const effort = isGuard ? brief : thorough;
  if (part === adapters) {
    const costs = await measureAdapters(effort);
    print(json ? JSON.stringify({ adapters: costs }, undefined, 2) : adapterTable(costs));
    if (isPublished) await publish(withAdapters(await publishedDocument(), costs));
    return 0;
  }
  const selected = cases.filter(({ name }) => name.includes(part ?? ''));
  const results: CaseResult[] = [];
  for (const [at, each] of selected.entries()) {
    progress(`${at + 1} of ${selected.length}: ${each.name} …`);
    results.push(await measureCase(each, effort));
  }
  if (part !== undefined) {
    progress('');
    const rows = results.flatMap(rowsOf);
    print(json ? JSON.stringify({ rows }, undefined, 2) : costTable(rows));
    return 0;
  }
  progress('memory …');
  const memory = await measureMemory();
  const registry = measureRegistry();
  // Last: what the clients leave behind would count as memory.
  progress('adapters …');
  const document = documentOf({ results, memory, registry, adapters: await measureAdapters(effort) }, isGuard);
  progress('');
  print(json ? JSON.stringify(document, undefined, 2) : asTables(document));
  if (isPublished) {
    await publish(document);
    process.stderr.write(`Results written to ${page}.\n`);
  }
  return document.targets.every(({ isReached }) => isReached) ? 0 : 1;
}

function optionsOf(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: 'string' },
      guard: { type: 'boolean' },
      publish: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const names = [...cases.map(({ name }) => name), adapters];
  if (values.case !== undefined && !names.some((name) => name.includes(values.case ?? ''))) {
    throw new Error(`No case contains '${values.case}'. Cases: ${names.join('; ')}.`);
  }
  const { case: part, guard: isGuard = false, publish: isPublished = false, json = false } = values;
  if (isPublished && (isGuard || (part !== undefined && part !== adapters))) {
    throw new Error(`--publish requires a complete run, without --case and --guard, or --case ${adapters}.`);
  }
  return { part, isGuard, isPublished, json };
}

let options: Options | undefined;
try {
  options = optionsOf(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`✖ ${error instanceof Error ? error.message : String(error)} See npm run bench -- --help\n`);
  process.exit(2);
}
if (options === undefined) print(usage.trimEnd());
else process.exitCode = await main(options);
