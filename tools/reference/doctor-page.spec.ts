import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checks, runDoctor } from '@breakwater/resilience/doctor';
import { expect, it } from 'vitest';
import { filledIn, paragraphs, workspaceRoot } from './markdown.ts';

const page = 'docs/doctor.md';
const examples = join(workspaceRoot, 'libs/resilience/examples/doctor');

/** What the doctor prints in the folder of its examples. */
async function outputOf(line: string): Promise<string> {
  let text = '';
  const print = (part: string): void => void (text += part);
  await runDoctor(line.split(' '), { out: print, err: print, folder: examples, env: {} });
  return text.trimEnd();
}

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

const exampleFile = async (language: string, file: string): Promise<string> =>
  fenced(language, await readFile(join(examples, file), 'utf8'));

it(`${page} matches the doctor; if not, 'npm run generate reference' updates it`, async () => {
  const findings = await outputOf('resilience.yml --latency 2s --concurrency 1');
  // The findings precede the simulation; the page shows them separately.
  const [, simulation = ''] = (await outputOf('resilience.yml --simulate outage.yml')).split(/\d+ notes?\.\n/);

  const expected = await filledIn(page, {
    config: await exampleFile('yaml', 'resilience.yml'),
    findings: fenced('text', findings),
    options: fenced('text', await outputOf('--help')),
    outage: await exampleFile('yaml', 'outage.yml'),
    simulation: fenced('text', simulation.trim()),
    example: await exampleFile('ts', 'doctor-warnings.ts'),
    checks: await paragraphs(
      checks.map(({ code, title, severity, doc }) => `### ${code}\n\n**${severity}.** ${title}.\n\n${doc}`),
    ),
  });

  await expect(expected).toMatchFileSnapshot(`../../${page}`);
});
