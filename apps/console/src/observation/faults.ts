import type { AccountReplica, CustomerReplica, Second } from '../protocol/messages.ts';

/** Account waits for customer at most some seconds, and a second is slow. */
const slowSeconds = 1;

interface Replicas {
  readonly accounts: readonly AccountReplica[];
  readonly customers: readonly CustomerReplica[];
}

/**
 * The active faults, each with the replicas that have it unless all of them have, and the replicas that are unreachable. One that
 * has never responded still starts.
 */
export function faultsOf({ accounts, customers }: Replicas): Second['faults'] {
  const found = customers.flatMap(({ name, problem, activeFaults, latencySeconds }) => {
    if (problem !== null) return [];
    const slow = latencySeconds !== null && latencySeconds >= slowSeconds ? [`latency ${latencySeconds} s`] : [];
    return [...activeFaults.filter((fault) => fault !== 'latency'), ...slow].map((fault) => ({ fault, name }));
  });
  const active = [...Map.groupBy(found, ({ fault }) => fault)].map(([fault, each]) =>
    each.length === customers.length ? fault : `${fault} on ${each.map(({ name }) => name).join(', ')}`,
  );
  const unreachable = [...accounts, ...customers].filter(
    ({ name, problem }) => problem !== null && !name.includes(':'),
  );
  return [...active, ...unreachable.map(({ name }) => `${name} unreachable`)];
}
