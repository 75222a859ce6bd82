import type { LocalSystem, ServiceReplica } from '@breakwater/system-runner';
import type { Action, CustomerFaults } from '../scenarios/scenario.ts';

/** Does something to the system. @throws Error when that cannot be done */
export async function act(system: LocalSystem, action: Action): Promise<void> {
  switch (action.kind) {
    case 'customer':
      return putFaults(system, action.faults);
    case 'kill':
      await Promise.all(replicasOf(system, action.replicas).map((replica) => replica.kill()));
      return;
    case 'restart':
      await Promise.all(replicasOf(system, action.replicas).map((replica) => replica.restart()));
      return;
    case 'database':
      return action.state === 'stopped' ? system.database.stop() : system.database.start();
  }
}

/** Tells every customer service what is to be wrong with it. @throws Error when one does not take it */
export async function putFaults({ customers, faultsToken }: LocalSystem, faults: CustomerFaults): Promise<void> {
  await Promise.all(
    customers.map(async ({ url }) => {
      const answer = await fetch(`${url}/faults`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${faultsToken}` },
        body: JSON.stringify(faults),
        signal: AbortSignal.timeout(5_000),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${url} did not take ${JSON.stringify(faults)}: ${answer.status} ${text}`);
    }),
  );
}

function replicasOf({ accounts, customers }: LocalSystem, names: readonly string[]): ServiceReplica[] {
  return names.map((name) => {
    const replica = [...accounts, ...customers].find((each) => each.name === name);
    if (replica === undefined) throw new Error(`there is no replica ${name}`);
    return replica;
  });
}
