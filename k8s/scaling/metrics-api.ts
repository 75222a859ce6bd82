import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { listen } from '@breakwater/system-runner';
import { stringify } from 'yaml';
import { hasLabels } from '../kustomize/manifest.ts';
import type { ControlPlane } from '../verify/control-plane.ts';
import { cpuOf, inFlightOf, type Moment } from './scenario.ts';

/** A ready pod. */
export interface RunningPod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The state from which metrics are computed at the time of a request. */
export type Situation = () => { readonly pods: readonly RunningPod[]; readonly moment: Moment };

const [resourceGroup, customGroup] = ['metrics.k8s.io/v1beta1', 'custom.metrics.k8s.io/v1beta2'];
const metric = 'http_server_requests_in_flight';
/** The window over which values are averaged. */
const windowSeconds = 15;

/**
 * Replaces metrics-server and prometheus-adapter: no process serves the load, so the usage of each pod is computed
 * from the scenario. The autoscaler calls it through the API server, like the real ones.
 */
export async function serveMetrics(plane: ControlPlane, situation: Situation): Promise<Server> {
  const server = createServer(
    // The registration below disables the verification of this certificate.
    { cert: readFileSync(join(plane.folder, 'apiserver.crt')), key: readFileSync(join(plane.folder, 'apiserver.key')) },
    (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
      const result = resultOf(
        decodeURIComponent(pathname),
        labelsOf(searchParams.get('labelSelector') ?? ''),
        situation,
      );
      response.writeHead(result === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(result ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 }));
    },
  );
  const port = Number(new URL(await listen(server)).port);
  await plane.mustRun(['apply', '-f', '-'], registrations(port));
  return server;
}

function resultOf(path: string, labels: Readonly<Record<string, string>>, situation: Situation): object | undefined {
  const { pods, moment } = situation();
  const selected = pods.filter((pod) => hasLabels(pod.labels, labels));
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  switch (path) {
    case `/apis/${resourceGroup}`:
      return resources(resourceGroup, { name: 'pods', kind: 'PodMetrics' });
    case `/apis/${customGroup}`:
      return resources(customGroup, { name: `pods/${metric}`, kind: 'MetricValueList' });
    case `/apis/${resourceGroup}/namespaces/breakwater/pods`:
      return {
        kind: 'PodMetricsList',
        apiVersion: resourceGroup,
        metadata: {},
        items: selected.map(({ name, labels }) => ({
          metadata: { name, namespace: 'breakwater', labels },
          timestamp: now,
          window: `${windowSeconds}s`,
          containers: [
            {
              name: labels[nameLabel],
              usage: {
                cpu: `${Math.round(cpuOf(labels[nameLabel] ?? '', selected.length, moment))}m`,
                memory: '200Mi',
              },
            },
          ],
        })),
      };
    case `/apis/${customGroup}/namespaces/breakwater/pods/*/${metric}`:
      return {
        kind: 'MetricValueList',
        apiVersion: customGroup,
        metadata: {},
        items: selected.map(({ name }) => ({
          describedObject: { kind: 'Pod', namespace: 'breakwater', name, apiVersion: '/v1' },
          metric: { name: metric, selector: null },
          timestamp: now,
          windowSeconds,
          value: `${Math.round(inFlightOf(selected.length, moment) * 1_000)}m`,
        })),
      };
    default:
      return undefined;
  }
}

const nameLabel = 'app.kubernetes.io/name';

const resources = (groupVersion: string, { name, kind }: { name: string; kind: string }): object => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources: [{ name, singularName: '', namespaced: true, kind, verbs: ['get', 'list'] }],
});

/** `a=1,b=2` */
const labelsOf = (selector: string): Record<string, string> =>
  Object.fromEntries(
    selector
      .split(',')
      .filter((term) => term !== '')
      .map((term) => term.split('=', 2) as [string, string]),
  );

function registrations(port: number): string {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'metrics', namespace: 'default' },
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
  };
  const apis = [resourceGroup, customGroup].map((groupVersion) => {
    const [group, version] = groupVersion.split('/') as [string, string];
    return {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `${version}.${group}` },
      spec: {
        group,
        version,
        service: { name: 'metrics', namespace: 'default', port },
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    };
  });
  return [service, ...apis].map((each) => stringify(each)).join('---\n');
}
