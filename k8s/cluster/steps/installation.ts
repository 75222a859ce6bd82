import { restartsOf, problemOf, isReady, nameOf, unschedulable } from '../pods.ts';
import { leastReplicas } from '../run.ts';
import { until } from '../cluster.ts';
import type { Step } from '../step.ts';

const services = ['account', 'customer', 'nginx', 'console', 'postgres'];

/** The first installation. It must come first: all other steps use it. */
export const installation: Step = {
  name: 'installation',
  title: 'one apply installs everything, in any order, without a restart',
  run: async (run, record) => {
    const before = performance.now();
    await run.cluster.kubectl.mustRun(['apply', '--server-side', '-f', '-'], run.manifests);
    const seconds = (): number => (performance.now() - before) / 1_000;
    await until('every pod is ready', 180, async () => {
      const pods = await run.serving();
      for (const pod of pods) {
        const problem = problemOf(pod) ?? (seconds() > 60 ? unschedulable(pod) : undefined);
        if (problem !== undefined) throw new Error(problem);
      }
      const isComplete = services.every(
        (service) => pods.filter((pod) => nameOf(pod) === service && isReady(pod)).length >= leastReplicas(service),
      );
      return isComplete ? true : undefined;
    });
    record.note('seconds until all pods are ready', seconds());
    const restarts = restartsOf(await run.cluster.pods());
    record.note('restarts', restarts);
    record.expect(restarts === 0, `containers were restarted ${restarts} times`);
    await patchAutoscalers(run.cluster, run.scaleDownSeconds);
  },
};

async function patchAutoscalers(
  cluster: Parameters<Step['run']>[0]['cluster'],
  scaleDownSeconds: number | undefined,
): Promise<void> {
  if (scaleDownSeconds === undefined) return;
  const spec = { behavior: { scaleDown: { stabilizationWindowSeconds: scaleDownSeconds } } };
  for (const name of ['account', 'customer', 'nginx']) {
    await cluster.run('patch', 'hpa', name, '--type=merge', `--patch=${JSON.stringify({ spec })}`);
  }
}
