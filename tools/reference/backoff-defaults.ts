import type { ConfigFile } from '../../libs/resilience/src/config/config-file.ts';
import type { PatternName } from '../../libs/resilience/src/config/patterns.ts';
import { resilienceConfig } from '../../libs/resilience/src/config/resilience-config.ts';
import type { IntervalFunction } from '../../libs/resilience/src/core/interval-function.ts';

/** What the wait of each policy that has one is called when it is a function. */
const functions: Partial<Record<PatternName, string>> = {
  retry: 'intervalFunction',
  circuitBreaker: 'waitIntervalFunctionInOpenState',
};

/**
 * What holds when a wait is said to grow, or to be randomized, and not how. The library keeps these numbers to itself, so
 * they are taken from waits that it makes.
 */
export function backoffDefaults(pattern: PatternName, section: string): Readonly<Record<string, number>> {
  const option = functions[pattern];
  if (option === undefined) return {};
  const waits = (property: string): readonly [number, number] => {
    const documents = [{ resilience4j: { [section]: { instances: { some: { [property]: true } } } } }];
    const file: ConfigFile = { label: 'the reference', documents };
    const { [pattern]: definitions } = resilienceConfig([file], { env: {}, random: () => 0 });
    const some = (definitions.instances?.['some'] ?? {}) as Readonly<Record<string, IntervalFunction>>;
    const { [option]: wait } = some;
    return [1, 2].map((attempt) => wait?.(attempt) ?? Number.NaN) as [number, number];
  };
  const [first, second] = waits('enableExponentialBackoff');
  const [lowest] = waits('enableRandomizedWait');
  return { exponentialBackoffMultiplier: second / first, randomizedWaitFactor: (first - lowest) / first };
}
