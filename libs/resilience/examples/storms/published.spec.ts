import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { runDoctor } from '@breakwater/resilience/doctor';
import { publishedStorms } from './published.ts';

/** What `doctor --storm` finds for one of the two instances of a file. */
async function storm(line: string) {
  let text = '';
  const code = await runDoctor([...line.split(' '), '--storm', '--json'], {
    out: (part) => (text += part),
    err: (part) => (text += part),
    folder: import.meta.dirname,
    env: {},
  });
  const { storms } = JSON.parse(text) as { storms: [{ points: [{ verdict: { kind: string } }] }] };
  return { code, kind: storms[0].points[0].verdict.kind };
}

describe.each(publishedStorms)('$file', { timeout: 120_000 }, ({ file, options }) => {
  it('has an instance that stays down, and one that recovers', async () => {
    expect(await storm(`${file} --instance stays-down ${options}`)).toEqual({ code: 1, kind: 'staysDown' });
    expect(await storm(`${file} --instance recovers ${options}`)).toMatchObject({ kind: 'recovers' });
  });

  it('is described in docs/storms.md', async () => {
    const page = await readFile(new URL('../../../../docs/storms.md', import.meta.url), 'utf8');

    expect(page).toContain(`npm run doctor -- libs/resilience/examples/storms/${file} --storm ${options}`);
  });
});
