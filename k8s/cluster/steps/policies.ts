import { clientNamespace, namespace } from '../cluster.ts';
import type { ConnectionResult } from '../in-pod/connect.ts';
import type { Step } from '../step.ts';

/** Targets by their full names, so that they are the same in each namespace. */
const at = (service: string, port: number): string => `${service}.${namespace}.svc.cluster.local:${port}`;
const forbidden = [
  at('account', 3000),
  at('customer', 3001),
  at('customer-endpoints', 3001),
  at('console', 3002),
  at('postgres', 5432),
];
const gateway = at('nginx', 80);

/** Policies without a network that enforces them change nothing, so this is found out first. */
export const policies: Step = {
  name: 'network-policies',
  title: 'pods without a role reach nothing but nginx, and nothing at all from within the namespace',
  run: async (run, record) => {
    await run.clients.isolate('isolated');
    const isolated = await run.clients.connectFrom(
      { namespace: clientNamespace, name: 'isolated' },
      [gateway],
      (results) => results[gateway] !== 'connected',
    );
    if (isolated[gateway] === 'connected') {
      record.missing = 'the network of this cluster does not enforce NetworkPolicies';
      return;
    }
    const targets = [...forbidden, gateway];
    const outside = await run.clients.connectFrom({ namespace: clientNamespace, name: 'stray' }, targets, (results) =>
      forbidden.every((target) => isRefused(results[target])),
    );
    const inside = await run.clients.connectFrom({ namespace, name: 'stray' }, targets, (results) =>
      targets.every((target) => isRefused(results[target])),
    );
    for (const target of forbidden) {
      record.expect(isRefused(outside[target]), `from another namespace, ${target} was ${outside[target]}`);
    }
    record.expect(outside[gateway] === 'connected', `from another namespace, ${gateway} was ${outside[gateway]}`);
    for (const target of targets) {
      record.expect(isRefused(inside[target]), `from within the namespace, ${target} was ${inside[target]}`);
    }
    record.note('refused connections', [...Object.values(outside), ...Object.values(inside)].filter(isRefused).length);
  },
};

const isRefused = (result: ConnectionResult | undefined): boolean => result === 'refused' || result === 'timed out';
