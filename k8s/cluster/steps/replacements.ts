import { type Cluster, namespace, until } from '../cluster.ts';
import { isReady, restartsOf, serves } from '../pods.ts';
import type { Step } from '../step.ts';

const rollOut = async (cluster: Cluster, deployment: string): Promise<void> => {
  await cluster.run('rollout', 'restart', `deployment/${deployment}`);
  await cluster.run('rollout', 'status', `deployment/${deployment}`, '--timeout=3m');
};

const seconds = async (act: () => Promise<unknown>): Promise<number> => {
  const before = performance.now();
  await act();
  return (performance.now() - before) / 1_000;
};

const rollouts = ['account', 'customer', 'nginx', 'console'].map((deployment): Step => ({
  name: `roll-out-${deployment}`,
  title: `a rollout of ${deployment} loses no request`,
  run: async (run, record) => {
    await run.untilReady(deployment);
    await run.underLoad(record, async () => {
      record.note('seconds of the rollout', await seconds(() => rollOut(run.cluster, deployment)));
    });
  },
}));

/** Ends one pod of each service, the next one when its replacement is ready. */
const deletedPods: Step = {
  name: 'delete-pods',
  title: 'deleted pods of account, customer and nginx lose no request',
  run: async (run, record) => {
    await run.underLoad(record, async () => {
      for (const service of ['account', 'customer', 'nginx']) {
        const [pod] = await run.untilReady(service);
        const name = pod!.metadata.name;
        await run.cluster.run('delete', 'pod', name, '--wait=false');
        const duration = await seconds(() =>
          until(`pod ${name} is replaced`, 90, async () => {
            // The pod of a Job has the name of its service as well, and never serves.
            const pods = (await run.cluster.pods(service)).filter((each) => serves(each));
            const isGone = pods.every(({ metadata }) => metadata.name !== name);
            return isGone && pods.length >= 2 && pods.every(isReady) ? true : undefined;
          }),
        );
        record.note(`seconds until the pod of ${service} was replaced`, duration);
      }
    });
  },
};

/**
 * `kill -9` of the process. Not of nginx: its clients are connected to it, so they notice, and repeat the request under its key.
 */
const killedProcesses: Step = {
  name: 'kill-9',
  title: 'kill -9 of an account and of a customer loses no request',
  run: async (run, record) => {
    await run.underLoad(record, async () => {
      for (const service of ['account', 'customer']) {
        const [pod] = await run.untilReady(service);
        const name = pod!.metadata.name;
        await run.clients.signal(pod!, 'SIGKILL');
        const duration = await seconds(() =>
          until(`pod ${name} is ready again`, 90, async () => {
            const restarted = (await run.cluster.pods(service)).find(({ metadata }) => metadata.name === name);
            return restarted && restartsOf([restarted]) > restartsOf([pod!]) && isReady(restarted) ? true : undefined;
          }),
        );
        record.note(`seconds until ${service} was ready again`, duration);
      }
    });
  },
};

/** Jobs run again when they are applied after the removal of the old ones (k8s/README.md). */
const migrations: Step = {
  name: 'migrations',
  title: 'migrations run again, also during a rollout, and lose no request',
  run: async (run, record) => {
    const migrate = async (): Promise<void> => {
      const jobs = ['account-migrations', 'customer-migrations'];
      await run.cluster.run('delete', 'job', ...jobs, '--ignore-not-found');
      await run.cluster.kubectl.mustRun(
        ['apply', '--server-side', '--force-conflicts', '--selector=app.kubernetes.io/component=migrations', '-f', '-'],
        run.manifests,
      );
      await run.cluster.run('wait', '--for=condition=Complete', '--timeout=2m', ...jobs.map((job) => `job/${job}`));
    };
    await run.underLoad(record, async () => {
      record.note('seconds of the migrations', await seconds(migrate));
      await Promise.all([rollOut(run.cluster, 'account'), migrate()]);
    });
  },
};

/** The new pods never become ready, so the rollout must not touch the old ones. */
const wrongPassword: Step = {
  name: 'wrong-password',
  title: 'a rollout with a wrong database password stops and loses no request',
  run: async (run, record) => {
    const before = await run.untilReady('account');
    const wrong = 'DATABASE_URL=postgres://account_service:wrong@postgres:5432/breakwater';
    await run.underLoad(record, async () => {
      await run.cluster.run('set', 'env', 'deployment/account', wrong, 'DATABASE_URL_FILE-');
      const { isOk } = await run.cluster.kubectl.run([
        `--namespace=${namespace}`,
        'rollout',
        'status',
        'deployment/account',
        '--timeout=45s',
      ]);
      record.expect(!isOk, 'the rollout was completed');
      const names = new Set((await run.cluster.pods('account')).filter(isReady).map(({ metadata }) => metadata.name));
      const left = before.filter(({ metadata }) => names.has(metadata.name)).length;
      record.note('old replicas ready', left);
      record.expect(left >= 2, `only ${left} of the old replicas are ready`);
      await run.cluster.run('rollout', 'undo', 'deployment/account');
      await run.cluster.run('rollout', 'status', 'deployment/account', '--timeout=2m');
    });
  },
};

/** Only pods of the system are evicted, so that the rest of the cluster is left alone. */
const drainedNode: Step = {
  name: 'drain',
  title: 'a drained node loses no request',
  missing: ({ nodes }) =>
    nodes.length < 2 ? `the cluster has ${nodes.length} node, and a drain needs two` : undefined,
  run: async (run, record) => {
    const [postgres] = await run.cluster.pods('postgres');
    const account = (await run.untilReady('account')).find(({ spec }) => spec?.nodeName !== postgres?.spec?.nodeName);
    const node = account?.spec?.nodeName;
    if (node === undefined) {
      record.missing = 'all replicas of account are on the node of PostgreSQL, which has no second one';
      return;
    }
    try {
      await run.underLoad(record, async () => {
        const selector = '--pod-selector=app.kubernetes.io/part-of=breakwater';
        await run.cluster.kubectl.mustRun(['drain', node, selector, '--delete-emptydir-data', '--timeout=3m']);
        record.note('drained node', node);
      });
    } finally {
      await run.cluster.kubectl.mustRun(['uncordon', node]);
    }
  },
};

export const replacements: readonly Step[] = [
  ...rollouts,
  deletedPods,
  killedProcesses,
  migrations,
  wrongPassword,
  drainedNode,
];
