import { describe, expect, it } from 'vitest';
import { parseOptions, shortSteps, usage } from './options.ts';
import { steps } from './steps/index.ts';

const parse = (...args: string[]) => parseOptions(args, ['drain', 'kill-9']);

describe('parseOptions', () => {
  it('requires a context, so that no other cluster is changed by mistake', () => {
    expect(() => parse('--keep')).toThrow('--context NAME is required');
    expect(() => parse('--context', '')).toThrow('--context NAME is required');
  });

  it('removes everything at the end and shortens the wait of the autoscalers by default', () => {
    expect(parse('--context', 'kind-breakwater')).toEqual({
      kind: 'run',
      context: 'kind-breakwater',
      isKept: false,
      steps: undefined,
      scaleDownSeconds: 30,
      out: undefined,
    });
  });

  it('accepts chosen steps, the committed wait, and a folder', () => {
    expect(
      parse('--context', 'c', '--keep', '--steps', 'kill-9,drain', '--scale-down', 'committed', '--out', 'x'),
    ).toMatchObject({ isKept: true, steps: ['kill-9', 'drain'], scaleDownSeconds: undefined, out: 'x' });
  });

  it('has a short selection of steps that exist', () => {
    expect(
      parseOptions(
        ['--context', 'c', '--short'],
        steps.map(({ name }) => name),
      ),
    ).toMatchObject({ steps: shortSteps });
    expect(steps.map(({ name }) => name)).toEqual(expect.arrayContaining(shortSteps));
  });

  it.each([
    [['--short', '--steps', 'drain'], '--short and --steps exclude each other'],
    [['--steps', 'kill-9,dra'], "--steps has 'dra'; the steps are drain, kill-9"],
    [['--scale-down=-1'], "--scale-down is 0 to 3600 seconds, or committed, not '-1'"],
    [['--scale-down', '3601'], '--scale-down is 0 to 3600 seconds'],
    [['--scale-down', ''], '--scale-down is 0 to 3600 seconds'],
    [['--kep'], "Unknown option '--kep'"],
  ])('refuses %j', (args, message) => {
    expect(() => parse('--context=c', ...args)).toThrow(message);
  });

  it('describes every option', () => {
    for (const option of ['context', 'keep', 'short', 'steps', 'scale-down', 'out', 'list'])
      expect(usage).toContain(`--${option}`);
  });
});
