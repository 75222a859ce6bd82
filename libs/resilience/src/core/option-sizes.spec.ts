import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { InvalidOptionsError } from './errors.ts';
import { createRegistry, kindsOf, policies, type PolicyKind } from './policies.ts';
import type { Policy } from './policy.ts';

const hugeNumbers = [2 ** 31, 1e12, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE];

/** Every option that is a number or a duration, with numbers that no memory or timer can hold. */
const cases = policies.flatMap(({ kind, options }) =>
  Object.entries(options.rules)
    .filter(([, rule]) => rule.kind === 'number' || rule.kind === 'duration')
    .flatMap(([option]) => hugeNumbers.map((value): [PolicyKind, string, number] => [kind, option, value])),
);

async function use(kind: PolicyKind, option: string, value: number): Promise<void> {
  const clock = new FakeClock();
  const registry = createRegistry(kind, { instances: { customer: { [option]: value } } }, { clock });
  const instance = registry.getOrCreate('customer');
  if (!('execute' in instance)) return;
  const policy = instance as Policy & Partial<CircuitBreaker>;
  for (let call = 0; call < 3; call++) {
    const result = policy.execute(() => `response ${call}`);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    clock.advance(60_000);
    await expect(result).resolves.toBe(`response ${call}`);
  }
  policy.transitionToOpenState?.();
  policy.transitionToHalfOpenState?.();
  await expect(policy.execute(() => 'response')).resolves.toBe('response');
}

describe('A huge number (smallrye-fault-tolerance#1099)', () => {
  it('as slidingWindowSize is refused with the name of the option', () => {
    expect(() => new CircuitBreaker('customer', { slidingWindowSize: 1e12 })).toThrow(
      "CircuitBreaker 'customer' has an invalid option:\n" +
        '  - slidingWindowSize is 1000000000000; allowed: a whole number from 1 to 10000000',
    );
  });

  it.each(kindsOf())('is refused by name or works in every option of %s', async (kind) => {
    const failures: string[] = [];
    for (const [of, option, value] of cases) {
      if (of !== kind) continue;
      try {
        await use(kind, option, value);
      } catch (error) {
        const isNamed = error instanceof InvalidOptionsError && error.message.includes(option);
        if (!isNamed) failures.push(`${option} ${value}: ${String(error)}`);
      }
    }

    expect(failures).toStrictEqual([]);
  });

  it.each(policies.filter(({ options }) => 'eventConsumerBufferSize' in options.rules).map(({ kind }) => [kind]))(
    'is refused as the size of the event buffer of %s',
    (kind) => {
      const instances = { customer: { eventConsumerBufferSize: 1e12 } };

      expect(() => createRegistry(kind, { instances })).toThrow(/eventConsumerBufferSize is 1000000000000; allowed/);
    },
  );

  it('is refused as the number of stored values, which would exceed what a Map can hold', () => {
    const instances = { customer: { maxEntries: 2 ** 24 } };

    expect(() => createRegistry('cachedFallback', { instances })).toThrow(/maxEntries is 16777216; allowed/);
  });
});
