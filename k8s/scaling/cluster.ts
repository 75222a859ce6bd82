import { join } from 'node:path';
import { freePort } from '@breakwater/system-runner';
import { stringify } from 'yaml';
import { render } from '../kustomize/kustomize.ts';
import { ControlPlane } from '../verify/control-plane.ts';

const controllers = [
  'deployment-controller',
  'replicaset-controller',
  'horizontal-pod-autoscaler-controller',
  'endpointslice-controller',
  'disruption-controller',
  'job-controller',
  'serviceaccount-controller',
  // New nodes are tainted; this controller removes the taint from ready ones.
  'node-lifecycle-controller',
];

const zones = ['a', 'b', 'c'];
const nodesInZone = 2;

/**
 * A cluster without machines: the API server, the controllers and the scheduler of Kubernetes, and kwok, which
 * simulates running nodes and pods.
 */
export async function startCluster(): Promise<ControlPlane> {
  const production = render({ overlay: 'production', components: ['custom-metric-autoscaling'] });
  const programs = ['kube-controller-manager', 'kube-scheduler', 'kwok'].map((name) => ControlPlane.locate(name));
  const [controllerManager, scheduler, kwok] = programs as [string, string, string];
  const plane = await ControlPlane.start();
  try {
    const kwokPort = await freePort();
    const common = [`--kubeconfig=${plane.kubeconfig}`];
    plane.run(controllerManager, [
      ...common,
      `--controllers=${controllers.join(',')}`,
      '--leader-elect=false',
      '--secure-port=0',
      // All programs share this machine: when it is busy, heartbeats of nodes may be late.
      '--node-monitor-grace-period=10m',
      '--kube-api-content-type=application/json',
    ]);
    plane.run(scheduler, [...common, '--leader-elect=false', '--secure-port=0']);
    plane.run(kwok, [
      ...common,
      '--manage-all-nodes=true',
      '--node-lease-duration-seconds=40',
      `--config=${join(import.meta.dirname, 'stages.yaml')}`,
      `--server-address=127.0.0.1:${kwokPort}`,
    ]);
    for (const objects of [nodes(), production]) {
      await plane.mustRun(['apply', '--server-side', '-f', '-'], objects);
    }
    return plane;
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

function nodes(): string {
  return zones
    .flatMap((zone) => Array.from({ length: nodesInZone }, (_, index) => ({ zone, name: `node-${zone}${index + 1}` })))
    .map(({ zone, name }) => {
      const capacity = { cpu: '4', memory: '16Gi', pods: '110' };
      return stringify({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: {
          name,
          labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': zone, type: 'kwok' },
          annotations: { 'kwok.x-k8s.io/node': 'fake' },
        },
        status: { capacity, allocatable: capacity },
      });
    })
    .join('---\n');
}
