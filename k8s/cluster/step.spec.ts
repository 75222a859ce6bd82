import { describe, expect, it } from 'vitest';
import type { Run } from './run.ts';
import { perform, type Step } from './step.ts';

const facts = { version: 'v1.36.3', nodes: [{ name: 'n', processors: 2, memoryGiB: 8 }], hasMetrics: true };

function performed(step: Partial<Step>) {
  let time = 10;
  // No step of this test uses the run.
  const run = {} as Run;
  return perform({ name: 's', title: 'a title', run: async () => {}, ...step }, run, facts, () => (time += 2));
}

describe('perform', () => {
  it('passes a step without faults, with its figures', async () => {
    const result = await performed({ run: async (_run, record) => record.note('seconds', 1.26) });

    expect(result).toEqual({
      name: 's',
      title: 'a title',
      status: 'passed',
      at: 12,
      seconds: 2,
      figures: { seconds: 1.3 },
      reasons: [],
    });
  });

  it('fails a step with a fault, and keeps its figures', async () => {
    const run: Step['run'] = async (_run, record) => {
      record.note('lost', 2);
      record.expect(false, 'two requests were lost');
      record.expect(true, 'never');
    };

    expect(await performed({ run })).toMatchObject({
      status: 'failed',
      figures: { lost: 2 },
      reasons: ['two requests were lost'],
    });
  });

  it('fails a step that throws', async () => {
    expect(await performed({ run: () => Promise.reject(new Error('no pod')) })).toMatchObject({
      status: 'failed',
      reasons: ['no pod'],
    });
  });

  it('does not run a step that the cluster cannot show', async () => {
    const run = () => Promise.reject(new Error('was run'));

    expect(await performed({ run, missing: ({ nodes }) => `${nodes.length} node` })).toMatchObject({
      status: 'not checked',
      reasons: ['1 node'],
    });
  });

  it('accepts that a step finds out late what is missing, unless it has a fault', async () => {
    const late = (hasFault: boolean) =>
      performed({
        run: async (_run, record) => {
          record.missing = 'no policies';
          record.expect(!hasFault, 'a fault');
        },
      });

    expect(await late(false)).toMatchObject({ status: 'not checked', reasons: ['no policies'] });
    expect(await late(true)).toMatchObject({ status: 'failed', reasons: ['a fault'] });
  });
});
