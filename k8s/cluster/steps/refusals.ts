import { delayAccounts, removeDelayOfAccounts } from '@breakwater/system-runner/postgres';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../cluster.ts';
import type { Pulse } from '../in-pod/signal.ts';
import { isReady, type Pod, restartsOf } from '../pods.ts';
import type { Recorder } from '../record.ts';
import { leastReplicas, type Run } from '../run.ts';
import type { Step } from '../step.ts';
import { isOrderlyRefusal, isSuccess } from '../tally.ts';

/** How soon after a disturbance a request must succeed. */
const mostRecoverySeconds = 15;

/** The largest share of requests that may fail otherwise than by a refusal of account. */
const mostOtherFailures = 0.01;

const disturbanceMs = 20_000;

/**
 * Disturbs the replicas of account while clients open accounts. The replicas stay ready and refuse requests with `Retry-After`
 * themselves, until shortly after the disturbance.
 *
 * @param disturb resolves when the disturbance has ended
 */
async function refuseWhile(run: Run, record: Recorder, disturb: () => Promise<void>): Promise<void> {
  let endedAt = 0;
  let leastReady = Infinity;
  const restarts = restartsOf(await run.cluster.pods('account'));
  const requests = await run.underLoad(
    record,
    async () => {
      const watch = new AbortController();
      const watching = watchReadiness(run, watch.signal);
      try {
        await disturb();
        endedAt = Date.now();
        await sleep(mostRecoverySeconds * 1_000);
      } finally {
        watch.abort();
        leastReady = await watching;
      }
    },
    { mayLoseNothing: false },
  );
  const refused = requests.filter((request) => !isSuccess(request));
  const disorderly = refused.filter((request) => !isOrderlyRefusal(request));
  const recoveryMs = Math.max(0, ...refused.map(({ at }) => at - endedAt));
  record.note('refused with Retry-After', refused.length - disorderly.length);
  record.note('other failures', disorderly.length);
  record.note('seconds of recovery', recoveryMs / 1_000);
  record.expect(refused.length > disorderly.length, 'no request was refused with Retry-After');
  record.expect(leastReady >= leastReplicas('account'), `only ${leastReady} replicas of account were ready`);
  record.expect(restartsOf(await run.cluster.pods('account')) === restarts, 'replicas of account were restarted');
  record.expect(
    recoveryMs <= mostRecoverySeconds * 1_000,
    `a request was refused more than ${mostRecoverySeconds} s after the disturbance`,
  );
  const examples = disorderly.slice(0, 3).map(({ status, reason }) => `${status} ${reason}`);
  record.expect(
    disorderly.length <= requests.length * mostOtherFailures,
    `${disorderly.length} requests failed otherwise, such as ${examples.join(', ')}`,
  );
}

/** Resolves with the least number of replicas of account that were ready. */
async function watchReadiness(run: Run, signal: AbortSignal): Promise<number> {
  let least = Infinity;
  while (!signal.aborted) {
    // The API server may be too busy for a moment; the next look follows.
    const pods = await run.cluster.pods('account').catch(() => undefined);
    if (pods !== undefined) least = Math.min(least, pods.filter(isReady).length);
    await sleep(500, undefined, { signal }).catch(() => {});
  }
  return least;
}

const lostDatabase: Step = {
  name: 'lost-database',
  title: 'without a database account stays ready and refuses with Retry-After; nothing is lost from the ledger',
  mayRefuse: true,
  run: (run, record) =>
    refuseWhile(run, record, async () => {
      await run.cluster.run('delete', 'pod', 'postgres-0', '--wait=true');
      await until('PostgreSQL is ready again', 90, async () =>
        (await run.cluster.pods('postgres')).some(isReady) ? true : undefined,
      );
    }),
};

const slowDatabase: Step = {
  name: 'slow-database',
  title: 'with a slow database account stays ready and refuses with Retry-After; nothing is lost from the ledger',
  mayRefuse: true,
  run: async (run, record) => {
    try {
      await refuseWhile(run, record, async () => {
        // Longer than account waits.
        for (const statement of delayAccounts(30)) await execute(run, statement);
        await sleep(disturbanceMs);
        await execute(run, removeDelayOfAccounts.atOnce);
      });
    } finally {
      await execute(run, removeDelayOfAccounts.atOnce);
      await execute(run, removeDelayOfAccounts.completely);
    }
  },
};

/** Executes a statement as the superuser of PostgreSQL. */
async function execute(run: Run, statement: string): Promise<void> {
  const psql = ['psql', '--username=postgres', '--dbname=breakwater', '--no-psqlrc', `--command=${statement}`];
  await run.cluster.run('exec', 'postgres-0', '--', ...psql);
}

/**
 * The event loop of a replica turns every 20 ms while it runs, and is late on average by (stopped + running) / turns: 180 ms. So the
 * limit must be lower than the default of 1 s, with which a replica would have to run for less than one turn a second.
 */
const lateness: Pulse = { stoppedMs: 600, runningMs: 75 };
const lowLimit = 'MAX_EVENT_LOOP_DELAY=100ms';

const lateEventLoop: Step = {
  name: 'late-event-loop',
  title: 'with late event loops account stays ready and refuses with Retry-After; nothing is lost from the ledger',
  mayRefuse: true,
  run: async (run, record) => {
    try {
      await setEnvironment(run, lowLimit);
      const pods = await run.untilReady('account');
      const shedBefore = await shedBy(run, pods);
      await refuseWhile(run, record, () => runNowAndThen(run, pods));
      const shed = (await shedBy(run, pods)) - shedBefore;
      record.note('refused because of the event loop', shed);
      record.expect(shed > 0, 'no request was refused because of the event loop');
    } finally {
      await setEnvironment(run, 'MAX_EVENT_LOOP_DELAY-');
    }
  },
};

async function setEnvironment(run: Run, change: string): Promise<void> {
  await run.cluster.run('set', 'env', 'deployment/account', change);
  await run.cluster.run('rollout', 'status', 'deployment/account', '--timeout=2m');
  await run.untilReady('account');
}

/** Gives pods the processor only now and then. */
async function runNowAndThen(run: Run, pods: readonly Pod[]): Promise<void> {
  const pulse = await run.clients.pulse(pods, lateness);
  try {
    await sleep(disturbanceMs);
    await pulse.stop();
  } finally {
    // When the program has failed, it may not have continued all processes.
    await Promise.all(pods.map((pod) => run.clients.signal(pod, 'SIGCONT').catch(() => {})));
  }
}

/** The requests that were refused because of the event loop; none for a pod that the autoscaler has removed. */
async function shedBy(run: Run, pods: readonly Pod[]): Promise<number> {
  const counts = pods.map((pod) =>
    run.accountMetric(pod, 'http_server_requests_shed_total', { reason: 'event_loop_delay' }).catch(() => 0),
  );
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** Steps in which account refuses requests, because it cannot serve them. */
export const refusals: readonly Step[] = [lostDatabase, slowDatabase, lateEventLoop];
