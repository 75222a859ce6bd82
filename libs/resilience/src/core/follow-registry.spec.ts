import { describe, expect, it, vi } from 'vitest';
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
  it('attaches to existing instances and to later ones', () => {
    const { registry, attached } = setUp();

    registry.getOrCreate('ledger');

    expect(attached).toStrictEqual(['customer', 'ledger']);
  });

  it('detaches from a removed instance, and attaches to its successor', () => {
    const { registry, attached } = setUp();

    registry.remove('customer');
    expect(attached).toStrictEqual([]);
    registry.getOrCreate('customer');

    expect(attached).toStrictEqual(['customer']);
  });

  it('detaches from all instances when it ends, and attaches to no later one', () => {
    const { registry, attached, stop } = setUp();
    registry.getOrCreate('ledger');

    stop();
    registry.getOrCreate('archive');
    registry.remove('customer');

    expect(attached).toStrictEqual([]);
  });

  it('detaches from each instance once, and leaves no listener on the registry', () => {
    const listeners = new Map<string, (event: { readonly type: string; readonly entry: string }) => unknown>();
    const detach = vi.fn<(name: string) => void>();
    const stop = followRegistry<string>(
      {
        all: () => ['customer', 'ledger'],
        on: (type, listener) => {
          listeners.set(type, listener);
          return () => listeners.delete(type);
        },
      },
      (name) => () => detach(name),
    );

    listeners.get('ENTRY_REMOVED')?.({ type: 'ENTRY_REMOVED', entry: 'customer' });
    listeners.get('ENTRY_REMOVED')?.({ type: 'ENTRY_REMOVED', entry: 'unknown' });
    stop();
    stop();

    expect(detach.mock.calls).toStrictEqual([['customer'], ['ledger']]);
    expect(listeners.size).toBe(0);
  });
});
