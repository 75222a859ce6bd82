import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type StormComparison, stormSummary, stormTable } from '@breakwater/load-tests/storms';
import { defaultOrder, type Meter, policies } from '@breakwater/resilience';
import { checks, leftOut, runDoctor, stormChecks } from '@breakwater/resilience/doctor';
import { describe, expect, it } from 'vitest';
import { readScores, readSurvivors, scoresTable } from '../mutation/scores.ts';
import { evidence, evidenceTable, figuresIn } from './evidence.ts';
import { experimentSection, openedAfterCall, overview, simulateExperiments } from './experiments.ts';
import { workspaceRoot } from '../workspace.ts';
import { code, fenced, filledIn, paragraphs, table } from './markdown.ts';
import { policySection, referencedPolicies } from './policies.ts';
import { serviceSections } from './services.ts';

const simulated = await simulateExperiments();

/** The generated parts of pages, relative to the workspace root. */
const pages: Readonly<
  Record<string, () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>>
> = {
  'docs/configuration.md': async () => ({
    order: `${defaultOrder.map(code).join(', ')}.`,
    policies: await paragraphs(referencedPolicies().map(policySection)),
    services: await paragraphs([serviceSections()]),
  }),
  'docs/doctor.md': doctorParts,
  'docs/storms.md': async () => ({
    comparison: await stormComparison(),
    'left-out': leftOut.map((line) => `- ${line}`).join('\n'),
  }),
  'docs/experiments.md': async () => ({
    overview: overview(simulated),
    experiments: await paragraphs(simulated.map(experimentSection)),
  }),
  'docs/migrating-from-resilience4j.md': () => ({ metrics: metricsTable() }),
  'tools/mutation/README.md': () => ({ scores: scoresTable(readScores(), readSurvivors()) }),
  'README.md': () => ({ evidence: evidenceTable(evidence, '') }),
  'libs/resilience/README.md': () => ({
    evidence: evidenceTable(
      evidence.filter(({ isOfLibrary }) => isOfLibrary),
      '../../',
    ),
  }),
};

describe('A page with generated parts', () => {
  it.each(Object.entries(pages))(
    "%s matches the code; if not, 'npm run generate reference' updates it",
    { timeout: 30_000 },
    async (file, parts) => {
      await expect(await filledIn(file, await parts())).toMatchFileSnapshot(`../../${file}`);
    },
  );
});

describe('A claim', () => {
  it.each(evidence)("'$claim' has the figures of its page", async ({ page, extent, limits }) => {
    const figures = figuresIn(await readFile(join(workspaceRoot, page), 'utf8'));

    expect(figures).toEqual(expect.arrayContaining([...figuresIn(`${extent} ${limits}`)]));
  });
});

describe('In virtual time', () => {
  it.each(simulated)(
    '$experiment.name has the result that the demo expects',
    ({ experiment: { expectation }, calls }) => {
      expect({
        openedAfterCall: openedAfterCall(calls) ?? null,
        notPermitted: calls.filter(({ isPermitted }) => !isPermitted).length,
        finalState: calls.at(-1)?.state,
        evaluated: calls.some(({ failureRate, slowCallRate }) => failureRate >= 0 || slowCallRate >= 0),
      }).toStrictEqual({
        openedAfterCall: expectation.openedAfterCall,
        notPermitted: expectation.notPermitted,
        finalState: expectation.finalState,
        evaluated: expectation.evaluated,
      });
    },
  );
});

async function stormComparison(): Promise<string> {
  const file = join(workspaceRoot, 'docs/storms/comparison.json');
  const { storms } = JSON.parse(await readFile(file, 'utf8')) as StormComparison;
  const [head = [], ...rows] = stormTable(storms);
  return `${table(head, rows)}\n\n${stormSummary(storms)}`;
}

async function doctorParts(): Promise<Readonly<Record<string, string>>> {
  const folder = join(workspaceRoot, 'libs/resilience/examples/doctor');
  const output = async (line: string): Promise<string> => {
    let text = '';
    const print = (part: string): void => void (text += part);
    await runDoctor(line.split(' '), { out: print, err: print, folder, env: {} });
    return text.trimEnd();
  };
  const example = async (language: string, file: string): Promise<string> =>
    fenced(language, await readFile(join(folder, file), 'utf8'));
  // The findings precede the simulation; the page shows them separately.
  const [, simulation = ''] = (await output('resilience.yml --simulate outage.yml')).split(/\d+ notes?\.\n/);
  return {
    config: await example('yaml', 'resilience.yml'),
    findings: fenced('text', await output('resilience.yml --latency 2s --concurrency 1')),
    options: fenced('text', await output('--help')),
    outage: await example('yaml', 'outage.yml'),
    simulation: fenced('text', simulation.trim()),
    example: await example('ts', 'doctor-warnings.ts'),
    checks: await paragraphs(
      [...checks, ...stormChecks].map(
        ({ code, title, severity, doc }) => `### ${code}\n\n**${severity}.** ${title}.\n\n${doc}`,
      ),
    ),
  };
}

/** The metrics that Resilience4j has, too. */
function metricsTable(): string {
  const meters = policies.flatMap(({ meters = [] }) => meters as readonly Meter<never>[]);
  const rows = meters
    .filter(({ name }) => name.startsWith('resilience4j_'))
    .flatMap(({ name, help, labels = [], ...meter }) => {
      const shownLabels = ['name', ...labels].map(code).join(', ');
      if (meter.type !== 'durations') return [[code(name), shownLabels, help]];
      return [
        [code(`${name}_{count,sum,bucket}`), shownLabels, help],
        [code(`${name}_max`), shownLabels, meter.maxHelp],
      ];
    });
  return table(['metric', 'labels', 'meaning'], rows);
}
