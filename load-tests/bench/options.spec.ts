import { describe, expect, it } from 'vitest';
import { UsageError } from '@breakwater/system-runner';
import { measurements, parseOptions } from './options.ts';
import { committedTargets, guardTargets } from './verdict.ts';

const usual = measurements.filter((each) => each !== 'memory' && each !== 'watching');

describe('the command line of the service benchmark', () => {
  it('selects all measurements but those of memory and watching with the committed targets by default', () => {
    expect(parseOptions([])).toMatchObject({
      kind: 'run',
      measurements: usual,
      targets: committedTargets,
      isControl: false,
      json: false,
    });
  });

  it('selects the named measurements', () => {
    expect(parseOptions(['cold-start', '--json'])).toMatchObject({ measurements: ['cold-start'], json: true });
    expect(parseOptions(['protection', 'memory'])).toMatchObject({ measurements: ['protection', 'memory'] });
    expect(parseOptions(['watching'])).toMatchObject({ measurements: ['watching'] });
    expect(parseOptions(['services'])).toMatchObject({ measurements: ['services'], json: false });
  });

  it('measures without a pipeline in both arms with --control', () => {
    expect(parseOptions(['--control'])).toMatchObject({ measurements: usual, isControl: true });
  });

  it('measures only the named services with --arms', () => {
    const plan = { comparison: { arms: ['account', 'bare'], turns: 60 } };

    expect(parseOptions(['services', '--arms', 'account,bare'])).toMatchObject({ plan });
  });

  it('is shorter and has wider targets with --guard', () => {
    const guard = parseOptions(['--guard']);
    const full = parseOptions([]);
    if (guard.kind !== 'run' || full.kind !== 'run') throw new Error('both are runs');

    expect(guard.measurements).not.toContain('protection');
    expect(guard.targets).toEqual(guardTargets);
    expect(guardTargets.pipelineMicros).toBeGreaterThan(committedTargets.pipelineMicros);
    expect(guardTargets.accountToBare).toBeGreaterThan(committedTargets.accountToBare);
    expect(guardTargets.lagP99Ms).toBeGreaterThan(committedTargets.lagP99Ms);
    expect(guardTargets.coldStartMs).toBeGreaterThan(committedTargets.coldStartMs);
    expect(guard.plan.starts).toBeLessThan(full.plan.starts);
  });

  it('shows the help with --help', () => {
    expect(parseOptions(['--help', '--guard'])).toEqual({ kind: 'help' });
  });

  it.each([
    [['speed'], "there is no measurement 'speed'"],
    [['services', '--arms', 'bare,fast'], "there is no service 'fast'"],
    [['--fast'], "Unknown option '--fast'"],
  ])('rejects %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});
