/** `npm run bench`: what a protected call costs, beside other libraries. See `--help`. */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { cases } from './cases.ts';
import { rowsOf } from './figures.ts';
import { brief, type CaseResult, measureCase, thorough } from './measure.ts';
import { measureMemory, measureRegistry } from './memory.ts';
import { memoryTable, resultTable, verdictTable } from './tables.ts';
import { judge, type Measured } from './targets.ts';

const usage = `Usage: npm run bench [-- OPTIONS]

Measures what a protected call costs, in one process and on the same work: ours, opossum's, cockatiel's, mollitia's and the
bare call. Tells ratios within this run, which mean more than nanoseconds: those are this machine's, and of this minute.

  --case TEXT   only the cases whose name contains it; nothing is judged then
  --guard       less thorough, and a target may be missed by its margin: for CI, which looks for regressions of kind
  --json        print {"rows": […], "memory": […], "registry": {…}, "targets": […]} on standard output
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
  readonly json: boolean;
}

async function main({ part, isGuard, json }: Options): Promise<number> {
  const effort = isGuard ? brief : thorough;
  const chosen = cases.filter(({ name }) => name.includes(part ?? ''));
  const results: CaseResult[] = [];
  for (const [at, each] of chosen.entries()) {
    progress(`${at + 1} of ${chosen.length}: ${each.name} …`);
    results.push(await measureCase(each, effort));
  }
  if (part !== undefined) {
    progress('');
    print(json ? JSON.stringify({ rows: results.flatMap(rowsOf) }, undefined, 2) : resultTable(results));
    return 0;
  }
  progress('memory …');
  const measured: Measured = { results, memory: await measureMemory(), registry: measureRegistry() };
  progress('');
  const verdicts = judge(measured, isGuard);
  if (json) {
    const { memory, registry } = measured;
    const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} processors, Node.js ${process.version}`;
    print(
      JSON.stringify({ machine, rows: results.flatMap(rowsOf), memory, registry, targets: verdicts }, undefined, 2),
    );
  } else {
    print([resultTable(results), memoryTable(measured), verdictTable(verdicts)].join('\n\n'));
  }
  return verdicts.every(({ isReached }) => isReached) ? 0 : 1;
}

function optionsOf(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: 'string' },
      guard: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  if (values.case !== undefined && !cases.some(({ name }) => name.includes(values.case ?? ''))) {
    throw new Error(`no case is called so; there is: ${cases.map(({ name }) => name).join('; ')}`);
  }
  return { part: values.case, isGuard: values.guard ?? false, json: values.json ?? false };
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
