import { describe, expect, it } from 'vitest';
import { CircuitBreakerRegistry } from './circuit-breaker/circuit-breaker.registry.ts';
import { followRegistry } from './follow-registry.ts';

function setUp() {
  const registry = new CircuitBreakerRegistry();
  registry.circuitBreaker('customer');
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

    registry.circuitBreaker('ledger');

    expect(attached).toStrictEqual(['customer', 'ledger']);
  });

  it('ends what is attached to an instance that is removed, and attaches to its successor', () => {
    const { registry, attached } = setUp();

    registry.remove('customer');
    expect(attached).toStrictEqual([]);
    registry.circuitBreaker('customer');

    expect(attached).toStrictEqual(['customer']);
  });

  it('ends all of it at once, and attaches to nothing afterwards', () => {
    const { registry, attached, stop } = setUp();
    registry.circuitBreaker('ledger');

    stop();
    registry.circuitBreaker('archive');
    registry.remove('customer');

    expect(attached).toStrictEqual([]);
  });
});
