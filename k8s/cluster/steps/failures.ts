import { outcomeOf } from '@breakwater/system-runner/ledger';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { until } from '../cluster.ts';
import { breakerStates } from '../observation.ts';
import { isReady, type Pod, restartsOf } from '../pods.ts';
import type { Run } from '../run.ts';
import type { Step } from '../step.ts';
import { refusals } from './refusals.ts';

/** Waits until the circuit breakers of all replicas of account have a state. @returns the seconds that it took */
async function untilBreakers(run: Run, state: 'OPEN' | 'CLOSED', seconds: number): Promise<number> {
  const before = performance.now();
  await until(`every circuit breaker is ${state}`, seconds, async () => {
    const states = await breakerStates(run.cluster, await run.serving());
    return states.length > 0 && states.every((each) => each === state) ? true : undefined;
  });
  return (performance.now() - before) / 1_000;
}

const brokenCustomer: Step = {
  name: 'broken-customer',
  title: 'when customer is slow, the circuit breakers open and no request is lost; they close again afterwards',
  run: async (run, record) => {
    run.observation.watchesBreakers = true;
    try {
      await run.underLoad(record, async () => {
        // The last good values of known customers must exist.
        await sleep(5_000);
        await run.setCustomerFaults({ latency: '5s' });
        record.note('seconds until open', await untilBreakers(run, 'OPEN', 30));
        await sleep(15_000);
        await run.setCustomerFaults(undefined);
        record.note('seconds until closed', await untilBreakers(run, 'CLOSED', 60));
      });
    } finally {
      await run.setCustomerFaults(undefined);
      run.observation.watchesBreakers = false;
    }
  },
};

/** The share of requests that customer must verify at once. */
const leastVerified = 0.99;

const frozenCustomer: Step = {
  name: 'frozen-customer',
  title: 'with one of the customers frozen, the others verify at least 99 % of the requests',
  run: async (run, record) => {
    const [pod] = await run.untilReady('customer');
    run.observation.watchesBreakers = true;
    try {
      const requests = await run.underLoad(record, async () => {
        await run.clients.signal(pod!, 'SIGSTOP');
        record.note('frozen pod', pod!.metadata.name);
        // Longer than its liveness probe waits, which then restarts the container.
        await sleep(45_000);
      });
      const verified = requests.filter((request) => outcomeOf(request) === 'verified now').length / requests.length;
      record.note('verified at once, %', verified * 100);
      record.expect(verified >= leastVerified, `only ${(verified * 100).toFixed(1)} % of the requests were verified`);
    } finally {
      run.observation.watchesBreakers = false;
      // A container that was restarted meanwhile has no frozen process.
      await run.clients.signal(pod!, 'SIGCONT').catch(() => {});
    }
    await run.untilReady('customer');
  },
};

/** As long as the kubelet may take to write a changed ConfigMap into pods, with a margin. */
const mostSecondsToChange = 150;

interface ResilienceFile {
  readonly resilience4j: {
    readonly bulkhead: { readonly instances: { readonly customer: { maxConcurrentCalls: number } } };
  };
}

const changedFile: Step = {
  name: 'changed-resilience-file',
  title: 'account applies a changed resilience.yml without a restart',
  run: async (run, record) => {
    const before = restartsOf(await run.untilReady('account'));
    const path = '/api/v1/namespaces/breakwater/configmaps/account-resilience';
    const { data } = await run.cluster.get<{ data: Record<string, string> }>(path);
    const original = data['resilience.yml'] ?? '';
    const file = parse(original) as ResilienceFile;
    const changed = file.resilience4j.bulkhead.instances.customer.maxConcurrentCalls + 1;
    file.resilience4j.bulkhead.instances.customer.maxConcurrentCalls = changed;
    const apply = (text: string): Promise<string> =>
      run.cluster.run(
        'patch',
        'configmap',
        'account-resilience',
        '--type=merge',
        `--patch=${JSON.stringify({ data: { 'resilience.yml': text } })}`,
      );
    const started = performance.now();
    try {
      await apply(stringify(file));
      await until(`every account has ${changed} permits`, mostSecondsToChange, async () => {
        const pods = await run.cluster.pods('account');
        const permits = await Promise.all(pods.filter(isReady).map((pod) => permitsOf(run, pod)));
        return permits.length >= 2 && permits.every((each) => each === changed) ? true : undefined;
      });
      record.note('seconds until applied', (performance.now() - started) / 1_000);
      const restarts = restartsOf(await run.cluster.pods('account')) - before;
      record.note('restarts', restarts);
      record.expect(restarts === 0, `containers of account were restarted ${restarts} times`);
    } finally {
      await apply(original);
    }
  },
};

const permitsOf = (run: Run, pod: Pod): Promise<number> =>
  run.accountMetric(pod, 'resilience4j_bulkhead_max_allowed_concurrent_calls', { name: 'customer' });

export const failures: readonly Step[] = [brokenCustomer, frozenCustomer, ...refusals, changedFile];
