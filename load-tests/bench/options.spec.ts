import { describe, expect, it } from 'vitest';
import { UsageError } from '@breakwater/system-runner';
import { measurements, parseOptions } from './options.ts';
import { committedTargets, guardTargets } from './targets.ts';

describe('The command line of the service benchmark', () => {
  it('asks for all of it, held to the committed targets, where it says nothing', () => {
    expect(parseOptions([])).toMatchObject({
      kind: 'run',
      measurements,
      targets: committedTargets,
      isControl: false,
      json: false,
    });
  });

  it('asks for what it names', () => {
    expect(parseOptions(['cold-start', '--json'])).toMatchObject({ measurements: ['cold-start'], json: true });
  });

  it('asks with --control for the noise', () => {
    expect(parseOptions(['--control'])).toMatchObject({ measurements, isControl: true });
  });

  it('asks with --guard for less, held to targets that are easier to reach', () => {
    const guard = parseOptions(['--guard']);
    const full = parseOptions([]);
    if (guard.kind !== 'run' || full.kind !== 'run') throw new Error('both are runs');

    expect(guard.targets).toEqual(guardTargets);
    expect(guardTargets.keptProcessorTime).toBeLessThan(committedTargets.keptProcessorTime);
    expect(guardTargets.keptThroughput).toBeLessThan(committedTargets.keptThroughput);
    expect(guardTargets.lagP99Ms).toBeGreaterThan(committedTargets.lagP99Ms);
    expect(guardTargets.coldStartMs).toBeGreaterThan(committedTargets.coldStartMs);
    expect(guard.plan.starts).toBeLessThan(full.plan.starts);
  });

  it('shows help', () => {
    expect(parseOptions(['--help', '--guard'])).toEqual({ kind: 'help' });
  });

  it.each([
    [['speed'], "there is no measurement 'speed'"],
    [['--fast'], "Unknown option '--fast'"],
  ])('does not take %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});
