import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pictureOf } from '../cluster/picture.ts';
import { markdownOf, type RunResult, totalsOf } from '../cluster/results.ts';
import { steps } from '../cluster/steps/index.ts';
import { k8sFolder } from '../kustomize/kustomize.ts';

const read = (file: string): string => readFileSync(join(k8sFolder, '../docs', file), 'utf8');

const runs = readdirSync(join(k8sFolder, '../docs/cluster'))
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ file, recorded: JSON.parse(read(`cluster/${file}`)) as RunResult }));

/** Words only: line breaks and the widths of columns are for readers. */
const words = (text: string): string => text.replaceAll(/[\s|*\\-]+/g, ' ').trim();

describe('docs/cluster.md', () => {
  it.each(runs)('shows $file', ({ recorded }) => {
    expect(words(read('cluster.md'))).toContain(words(markdownOf(recorded)));
  });

  it('shows the picture of the whole run', () => {
    expect(read('cluster/run.svg')).toBe(pictureOf(runs.find(({ file }) => file === 'run.json')!.recorded));
  });

  it('shows every step in a run, none of them only failed, and no lost request', () => {
    const results = runs.flatMap(({ recorded }) => recorded.steps);

    const shown = results.filter(({ status }) => status !== 'failed').map(({ name }) => name);
    expect(shown).toEqual(expect.arrayContaining(steps.map(({ name }) => name)));
    expect(totalsOf(results).lost).toBe(0);
    for (const { load } of results) expect(load?.requests ?? 2_000).toBeGreaterThanOrEqual(2_000);
    for (const { recorded } of runs) expect(recorded.seconds).toBeLessThanOrEqual(20 * 60);
  });
});
