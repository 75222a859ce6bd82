import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { k8sFolder } from '../kustomize/kustomize.ts';
import { quantity } from '../kustomize/quantity.ts';
import type { ControlPlane } from '../verify/control-plane.ts';
import { startCluster } from './cluster.ts';
import { type RunningPod, serveMetrics } from './metrics-api.ts';
import { momentAt, phaseStarts, scenarioSeconds } from './scenario.ts';
import { plot, type Sample, stepsOf, type Timeline, turnsOf } from './timeline.ts';

/**
 * `npm run scaling -w k8s`: lets Kubernetes' own controllers scale account up and down, and records it in
 * docs/scaling. It takes about 15 minutes, because controllers use real time.
 */
const sampleMs = 5_000;
const folder = join(k8sFolder, '../docs/scaling');
const limitSeconds = Number(process.argv[2] ?? scenarioSeconds);

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

interface Autoscaler {
  readonly status: {
    readonly desiredReplicas?: number;
    readonly currentMetrics?:
      | readonly {
          readonly resource?: { readonly current: { readonly averageUtilization?: number } };
          readonly pods?: { readonly current: { readonly averageValue?: string } };
        }[]
      | null;
  };
}

const isRunning = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

const serviceOf = ({ labels }: RunningPod): string | undefined =>
  labels['app.kubernetes.io/component'] === 'service' ? labels['app.kubernetes.io/name'] : undefined;

async function readPods(plane: ControlPlane): Promise<Pod[]> {
  const { items } = await plane.api.get<{ items: Pod[] }>('/api/v1/namespaces/breakwater/pods');
  return items.filter((pod) => isRunning(pod));
}

async function record(plane: ControlPlane): Promise<Timeline> {
  let pods = await readPods(plane);
  // The scenario starts when two replicas are ready and metrics are available.
  let start: number | undefined;
  const elapsed = (): number => (start === undefined ? 0 : (performance.now() - start) / 1_000);
  const server = await serveMetrics(plane, () => ({
    pods: pods.map(({ metadata }) => metadata),
    moment: momentAt(elapsed()),
  }));
  const samples: Sample[] = [];
  let spreadAtPeak: Record<string, number> = {};
  try {
    while (elapsed() < limitSeconds) {
      plane.checkProcesses();
      pods = await readPods(plane);
      const ofService = (service: string): Pod[] => pods.filter(({ metadata }) => serviceOf(metadata) === service);
      const autoscaler = await plane.api.get<Autoscaler>(
        '/apis/autoscaling/v2/namespaces/breakwater/horizontalpodautoscalers/account',
      );
      const ready = ofService('account').length;
      const { desiredReplicas = 0, currentMetrics } = autoscaler.status;
      const cpuUtilization = currentMetrics?.find(({ resource }) => resource !== undefined)?.resource?.current
        .averageUtilization;
      const inFlight = currentMetrics?.find(({ pods }) => pods !== undefined)?.pods?.current.averageValue;
      if (start === undefined && ready >= 2 && cpuUtilization !== undefined && inFlight !== undefined)
        start = performance.now();
      if (start !== undefined) {
        if (ready > Math.max(0, ...samples.map(({ ready }) => ready))) spreadAtPeak = perNode(ofService('account'));
        samples.push({
          at: Math.round(elapsed()),
          requestsPerSecond: Math.round(momentAt(elapsed()).requestsPerSecond),
          ready,
          desired: desiredReplicas,
          ...(cpuUtilization === undefined ? {} : { cpuUtilization }),
          ...(inFlight === undefined ? {} : { inFlight: quantity(inFlight) }),
          customerReady: ofService('customer').length,
        });
      }
      process.stdout.write(`${JSON.stringify(samples.at(-1) ?? { ready, currentMetrics })}\n`);
      await sleep(sampleMs);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
  const { gitVersion } = await plane.api.get<{ gitVersion: string }>('/version');
  return {
    kubernetes: gitVersion,
    recordedAt: new Date().toISOString().slice(0, 10),
    phases: phaseStarts,
    samples,
    spreadAtPeak,
  };
}

function perNode(pods: readonly Pod[]): Record<string, number> {
  const byNode = [...Map.groupBy(pods, ({ spec }) => spec.nodeName ?? 'none')];
  const counts = byNode.map(([node, { length }]) => [node, length] as const);
  return Object.fromEntries(counts.toSorted(([one], [other]) => one.localeCompare(other)));
}

const plane = await startCluster();
plane.stopOnSignals();
try {
  const timeline = await record(plane);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'timeline.json'), `${JSON.stringify(timeline)}\n`);
  await writeFile(join(folder, 'timeline.svg'), plot(timeline));
  process.stdout.write(
    `account: ${stepsOf(timeline.samples).join(' → ')}, ${turnsOf(timeline.samples)} change(s) of direction\n`,
  );
} finally {
  await plane.stop();
}
