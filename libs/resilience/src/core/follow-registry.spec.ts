import { describe, expect, it } from 'vitest';
import { followRegistry } from './follow-registry.ts';
import { createRegistry } from './policies.ts';

function setUp() {
  const registry = createRegistry('circuitBreaker');
  registry.getOrCreate('customer');
  const attached: string[] = [];
  const stop = followRegistry(registry, ({ name }) => {
    attached.push(name);
    return () => attached.splice(attached.indexOf(name), 1);
  });
  return { registry, attached, stop };
}

describe('Following a registry', () => {
  it('attaches to instances that are there already and to those that come later', () => {
    const { registry, attached } = setUp();

    registry.getOrCreate('ledger');

    expect(attached).toStrictEqual(['customer', 'ledger']);
  });

  it('ends what is attached to an instance that is removed, and attaches to its successor', () => {
    const { registry, attached } = setUp();

    registry.remove('customer');
    expect(attached).toStrictEqual([]);
    registry.getOrCreate('customer');

    expect(attached).toStrictEqual(['customer']);
  });

  it('ends all of it at once, and attaches to nothing afterwards', () => {
    const { registry, attached, stop } = setUp();
    registry.getOrCreate('ledger');

    stop();
    registry.getOrCreate('archive');
    registry.remove('customer');

    expect(attached).toStrictEqual([]);
  });
});
