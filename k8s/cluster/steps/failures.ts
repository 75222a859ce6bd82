import { sumOfSamples } from '@breakwater/contracts/replicas';
import { outcomeOf } from '@breakwater/system-runner/ledger';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { until } from '../cluster.ts';
import { breakerStates } from '../observation.ts';
import { isReady, restartsOf } from '../pods.ts';
import type { Run } from '../run.ts';
import type { Step } from '../step.ts';
import { isOrderlyRefusal, isSuccess } from '../tally.ts';

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

/** How soon after PostgreSQL is ready again a request must succeed. */
const mostRecoverySeconds = 15;

const lostDatabase: Step = {
  name: 'lost-database',
  title: 'without a database account stays ready and refuses with Retry-After; nothing is lost from the ledger',
  run: async (run, record) => {
    let wasAlwaysReady = true;
    let readyAt = 0;
    const before = restartsOf(await run.cluster.pods('account'));
    const requests = await run.underLoad(
      record,
      async () => {
        await run.cluster.run('delete', 'pod', 'postgres-0', '--wait=true');
        await until('PostgreSQL is ready again', 90, async () => {
          wasAlwaysReady &&= (await run.cluster.pods('account')).filter(isReady).length >= 2;
          return (await run.cluster.pods('postgres')).some(isReady) ? true : undefined;
        });
        readyAt = Date.now();
        await sleep(mostRecoverySeconds * 1_000);
      },
      { mayLoseNothing: false },
    );
    const refused = requests.filter((request) => !isSuccess(request));
    const disorderly = refused.filter((request) => !isOrderlyRefusal(request));
    const lastRefusal = Math.max(0, ...refused.map(({ at }) => at));
    record.note('refused with Retry-After', refused.length - disorderly.length);
    record.note('seconds of recovery', Math.max(0, (lastRefusal - readyAt) / 1_000));
    record.expect(wasAlwaysReady, 'replicas of account were not ready');
    record.expect(restartsOf(await run.cluster.pods('account')) === before, 'replicas of account were restarted');
    record.expect(
      lastRefusal - readyAt <= mostRecoverySeconds * 1_000,
      `a request was refused more than ${mostRecoverySeconds} s after PostgreSQL was ready again`,
    );
    const share = disorderly.length / requests.length;
    record.note('other failures', disorderly.length);
    const examples = disorderly.slice(0, 3).map(({ status, reason }) => `${status} ${reason}`);
    record.expect(share <= 0.01, `${disorderly.length} requests failed otherwise, such as ${examples.join(', ')}`);
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
        const permits = await Promise.all(pods.filter(isReady).map(({ metadata }) => permitsOf(run, metadata.name)));
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

async function permitsOf(run: Run, pod: string): Promise<number> {
  const metrics = await run.cluster.getFromPod<string>(pod, 3000, '/metrics');
  return sumOfSamples(metrics, 'resilience4j_bulkhead_max_allowed_concurrent_calls', { name: 'customer' });
}

export const failures: readonly Step[] = [brokenCustomer, frozenCustomer, lostDatabase, changedFile];
