import { describe, expect, it } from 'vitest';
import { scenarios } from '../scenarios/index.ts';
import { parseOptions } from './options.ts';

describe('the command line of the load tests', () => {
  it('selects scenarios, engine, target and duration', () => {
    expect(
      parseOptions(['customer-slow', '--short', '--engine', 'opossum', '--target', 'http://localhost:8080/']),
    ).toMatchObject({
      kind: 'run',
      scenarios: [{ name: 'customer-slow' }],
      isShort: true,
      engine: 'opossum',
      target: 'http://localhost:8080',
    });
    expect(parseOptions(['all'])).toMatchObject({ kind: 'run', scenarios });
    expect(parseOptions(['compare', 'customer-slow'])).toMatchObject({
      kind: 'compare',
      repetitions: 5,
      variant: 'as-configured',
    });
    expect(parseOptions(['compare', 'customer-slow', '--repetitions', '12', '--variant', 'cold-cache'])).toMatchObject({
      repetitions: 12,
      variant: 'cold-cache',
    });
    expect(parseOptions(['soak', '--duration', '600'])).toMatchObject({ duringSeconds: 600 });
  });

  it('selects the configurations of storms', () => {
    expect(parseOptions(['storms'])).toMatchObject({ kind: 'storms', seed: 24, only: undefined, isPrediction: false });
    expect(parseOptions(['storms', '--predict', '--seed', '7'])).toMatchObject({ seed: 7, isPrediction: true });
    expect(parseOptions(['storms', '--only', '3,14'])).toMatchObject({ only: [3, 14] });
  });

  it.each([
    [[], 'no scenario was named'],
    [['storms', 'steady'], 'storms takes no scenario'],
    [['storms', '--short'], 'storms takes no --short'],
    [['storms', '--seed', '-'], '--seed is a whole number'],
    [['storms', '--only', '15'], "--only is a list of numbers from 1 to 14 such as 1,3, not '15'"],
    [['steady', '--seed', '1'], '--seed is an option of storms'],
    [['customer-slw'], "there is no scenario 'customer-slw'; there are steady, customer-slow"],
    [['compare'], 'no scenario was named'],
    [['compare', 'steady', 'soak'], 'compare takes one scenario'],
    [['compare', 'steady', '--target', 'http://x'], 'takes no --target'],
    [['compare', 'steady', '--engine', 'none'], 'takes no --engine'],
    [['steady', '--engine', 'hystrix'], '--engine is one of sliding-window, opossum, cockatiel, '],
    [['compare', 'retry-storm'], 'retry-storm has no circuit breaker, so that it runs on no other engine'],
    [['retry-storm', '--engine', 'cockatiel'], 'retry-storm has no circuit breaker'],
    [['compare', 'customer-slow', '--repetitions', '0'], '--repetitions is a whole number from 1 to 50'],
    [['compare', 'customer-slow', '--variant', 'warm'], "--variant is one of as-configured, cold-cache, not 'warm'"],
    [['customer-slow', '--repetitions', '5'], '--repetitions and --variant are for compare'],
    [['steady', '--target', 'localhost'], '--target is a URL'],
    [['steady', '--duration', '4'], '--duration is a whole number of seconds from 5'],
    [['steady', '--fast'], "Unknown option '--fast'"],
  ])('rejects %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});
