/** `npm run bench`: what a protected call costs, beside other libraries. See `--help`. */
import { parseArgs } from 'node:util';
import { cases } from './cases.ts';
import { documentOf } from './document.ts';
import { rowsOf } from './figures.ts';
import { brief, type CaseResult, measureCase, thorough } from './measure.ts';
import { measureMemory, measureRegistry } from './memory.ts';
import { page, publish } from './publication.ts';
import { asTables, costTable } from './tables.ts';

const usage = `Usage: npm run bench [-- OPTIONS]

Measures what a protected call costs, in one process and on the same work: ours, opossum's, cockatiel's, mollitia's and the
bare call. Tells ratios within this run, which mean more than nanoseconds: those are this machine's, and of this minute.

  --case TEXT   only the cases whose name contains it; nothing is judged then
  --guard       less thorough, and a target may be missed by its margin: for CI, which looks for regressions of kind
  --publish     write the results into docs/performance.md and docs/performance/library.json
  --json        print {"rows": […], "memory": […], "registry": {…}, "targets": […], …} on standard output
  --help        show this

Exit code: 0 when every target is reached, 1 when one is not, 2 when the command line cannot be understood.
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

async function main({ part, isGuard, isPublished, json }: Options): Promise<number> {
  const effort = isGuard ? brief : thorough;
  const chosen = cases.filter(({ name }) => name.includes(part ?? ''));
  const results: CaseResult[] = [];
  for (const [at, each] of chosen.entries()) {
    progress(`${at + 1} of ${chosen.length}: ${each.name} …`);
    results.push(await measureCase(each, effort));
  }
  if (part !== undefined) {
    progress('');
    const rows = results.flatMap(rowsOf);
    print(json ? JSON.stringify({ rows }, undefined, 2) : costTable(rows));
    return 0;
  }
  progress('memory …');
  const document = documentOf({ results, memory: await measureMemory(), registry: measureRegistry() }, isGuard);
  progress('');
  print(json ? JSON.stringify(document, undefined, 2) : asTables(document));
  if (isPublished) {
    await publish(document);
    process.stderr.write(`The results are in ${page}.\n`);
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
  if (values.case !== undefined && !cases.some(({ name }) => name.includes(values.case ?? ''))) {
    throw new Error(`no case is called so; there is: ${cases.map(({ name }) => name).join('; ')}`);
  }
  const { case: part, guard: isGuard = false, publish: isPublished = false, json = false } = values;
  if (isPublished && (isGuard || part !== undefined)) throw new Error('only a whole run is published');
  return { part, isGuard, isPublished, json };
}

let options: Options | undefined;
try {
  options = optionsOf(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`✖ ${error instanceof Error ? error.message : String(error)}. See npm run bench -- --help\n`);
  process.exit(2);
}
if (options === undefined) print(usage.trimEnd());
else process.exitCode = await main(options);
