import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { milliseconds, percent, seconds } from '../runner/judgement.ts';
import { phaseOf } from '../runner/measures.ts';
import { outcomes } from '@breakwater/system-runner/ledger';
import { markdownTable } from './markdown.ts';
import { burdenLine, checkTable, type JudgedRun } from './terminal.ts';

/** The result of a run as data, without the single requests. */
export function resultOf({ claim, record, measures, judgement }: JudgedRun) {
  const { requests, breakers, services, forwarded, ...about } = record;
  return {
    ...about,
    claim,
    requests: requests.length,
    measures,
    judgement,
    samples: { breakers: breakers.length, services: services.length, forwarded: forwarded.length },
  };
}

/** The content of `result.json`. */
export type Result = ReturnType<typeof resultOf>;

/** A run with the path of its picture. */
export interface PublishedRun {
  readonly result: Result;
  readonly picture: string;
}

/**
 * Writes the latest full run of each scenario as Markdown and its pictures into a folder of the same name. Short
 * runs are omitted.
 *
 * @returns the number of runs; without any, nothing is written
 */
export async function publish(resultsDirectory: string, file: string): Promise<number> {
  const latest = new Map<string, { result: Result; folder: string }>();
  const folders = existsSync(resultsDirectory) ? await readdir(resultsDirectory) : [];
  for (const name of folders.toSorted()) {
    const folder = path.join(resultsDirectory, name);
    if (!existsSync(path.join(folder, 'result.json'))) continue;
    const result = JSON.parse(await readFile(path.join(folder, 'result.json'), 'utf8')) as Result;
    if (!result.isShort) latest.set(nameOf(result), { result, folder });
  }
  if (latest.size === 0) return 0;
  const pictures = file.replace(/\.md$/, '');
  await rm(pictures, { recursive: true, force: true });
  await mkdir(pictures, { recursive: true });
  const runs: PublishedRun[] = [];
  for (const [name, { result, folder }] of latest) {
    await copyFile(path.join(folder, 'report.png'), path.join(pictures, `${name}.png`));
    runs.push({ result, picture: `${path.basename(pictures)}/${name}.png` });
  }
  await writeFile(file, resultsAsMarkdown(runs));
  return runs.length;
}

const nameOf = ({ scenario, engine, variant }: Pick<Result, 'scenario' | 'engine' | 'variant'>): string =>
  [scenario, ...(variant === 'as-configured' ? [] : [variant]), ...(engine === 'sliding-window' ? [] : [engine])].join(
    '-',
  );

/** The results as a page of the documentation, including failed and invalid runs. */
export function resultsAsMarkdown(runs: readonly PublishedRun[]): string {
  const [first] = runs;
  if (first === undefined) throw new Error('there is nothing to publish');
  const days = [...new Set(runs.map(({ result }) => result.startedAt.slice(0, 10)))].toSorted();
  const summary = runs.map(({ result }) => {
    const during = phaseOf(result.measures, 'during');
    return [
      `[${nameOf(result)}](#${nameOf(result)})`,
      ...outcomes.map((outcome) => percent(during && during.outcomes[outcome] / during.arrivals)),
      milliseconds(during?.latenciesMs.p99),
      milliseconds(result.measures.protected?.latenciesMs.p99),
      seconds(result.measures.timeToProtectMs),
      seconds(result.measures.timeToRecoverMs),
      verdictOf(result),
    ];
  });
  return `# Results of the load tests

Written by \`npm run load-test -- publish\` from the latest full run of each scenario (${days.join(', ')}); [load-tests/README.md](../load-tests/README.md) explains
the measures. The machine: ${first.result.machine.description}.

${markdownTable(['run', ...outcomes, 'p99 during', 'p99 after opening', 'time to protect', 'time to recover', 'verdict'], summary)}

${runs.map(section).join('\n\n')}
`;
}

function section({ result, picture }: PublishedRun): string {
  const { claim, measures, judgement } = result;
  const [head = [], ...rows] = checkTable(judgement);
  const checks = rows.map((cells, index) => [...cells, judgement.checks[index]?.verdict ?? '']);
  const remarks = [
    ...(judgement.invalid === undefined ? [] : [`**Invalid:** ${judgement.invalid}.`]),
    ...judgement.cautions.map((caution) => `Caution: ${caution}.`),
    `${burdenLine(result, measures)}.`,
  ];
  return `## ${nameOf(result)}

${claim}

![Arrivals, latency, circuit breakers and load on customer over time](${picture})

${markdownTable([...head, 'verdict'], checks)}

${remarks.join('\n')}`;
}

function verdictOf({ judgement, engine }: Result): string {
  if (judgement.invalid !== undefined) return '**invalid**';
  if (!judgement.isPassed) return '**failed**';
  return engine === 'sliding-window' ? 'passed' : 'for comparison';
}
