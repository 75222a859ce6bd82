import { type Manifest, ofKind } from '../../kustomize/manifest.ts';
import { type Cluster, eventually, namespace } from '../cluster.ts';
import { Component, listOf, untilStarted } from '../component.ts';
import { isReady, nameOf, type Pod } from '../pods.ts';
import type { Step } from '../step.ts';

/** The image of docker-compose.yml; a test compares them. */
export const prometheusImage = 'prom/prometheus:v3.5.0';
/** The network policies accept Prometheus only from here. */
const monitoringNamespace = 'monitoring';
const name = 'breakwater-check';
/** On everything that the step creates in other namespaces, so that nothing else is removed. */
const ownLabels = { 'breakwater/created-by': name };
const ownSelector = `--selector=breakwater/created-by=${name}`;
/** What the Prometheus Operator adds to a cluster. */
const prometheuses = 'prometheuses.monitoring.coreos.com';
const resources = ['servicemonitors.monitoring.coreos.com', 'prometheusrules.monitoring.coreos.com', prometheuses];

const scraped = new Set(['account', 'customer', 'nginx']);

export const monitoring: Step = {
  name: 'monitoring',
  title:
    'with the component monitoring, the Prometheus Operator makes Prometheus scrape every replica and load every rule',
  run: async (run, record) => {
    const { cluster } = run;
    for (const resource of resources) {
      if (await cluster.has('crd', resource)) continue;
      record.missing = `the cluster has no Prometheus Operator: it does not know ${resource}`;
      return;
    }
    const component = new Component(run, 'monitoring');
    await component.add();
    await startPrometheus(cluster);
    const pods = `/api/v1/namespaces/${monitoringNamespace}/pods`;
    const missing = await untilStarted('Prometheus is', 1, async () => {
      const { items } = await cluster.get<{ items: Pod[] }>(
        `${pods}?labelSelector=operator.prometheus.io/name%3D${name}`,
      );
      return items;
    });
    if (missing === undefined) {
      const wanted = ruleNamesOf(component.added);
      const api = `${pods}/prometheus-${name}-0:9090/proxy/api/v1`;
      await eventually(120, async () => {
        const targets = await cluster.get<Response<{ activeTargets: Target[] }>>(`${api}/targets?state=active`);
        const rules = await cluster.get<Response<{ groups: RuleGroup[] }>>(`${api}/rules`);
        const replicas = (await cluster.pods()).filter((pod) => scraped.has(nameOf(pod)) && isReady(pod));
        const faults = [
          ...targetFaultsOf(targets.data.activeTargets, replicas),
          ...ruleFaultsOf(rules.data.groups, wanted),
        ];
        if (faults.length > 0) throw new Error(faults.slice(0, 5).join('; '));
        record.note('scraped replicas', replicas.length);
      });
      record.note('rules', wanted.length);
    } else {
      record.missing = `the image of Prometheus cannot be had here: ${missing}`;
    }
    // After a failure both stay, for the diagnosis.
    await removePrometheus(cluster);
    await component.remove();
  },
};

/** Starts a Prometheus that uses the objects of the component, with the rights for their namespace only. */
async function startPrometheus(cluster: Cluster): Promise<void> {
  const metadata = { name, namespace: monitoringNamespace, labels: ownLabels };
  const selector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  const read = ['get', 'list', 'watch'];
  const objects = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name, namespace },
      rules: [
        { apiGroups: [''], resources: ['services', 'endpoints', 'pods'], verbs: read },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: monitoringNamespace }],
    },
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'Prometheus',
      metadata,
      spec: {
        image: prometheusImage,
        version: prometheusImage.split(':')[1],
        replicas: 1,
        serviceAccountName: name,
        serviceDiscoveryRole: 'EndpointSlice',
        evaluationInterval: '5s',
        serviceMonitorNamespaceSelector: selector,
        serviceMonitorSelector: {},
        ruleNamespaceSelector: selector,
        ruleSelector: {},
        resources: { requests: { cpu: '50m', memory: '128Mi' } },
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65534,
          runAsGroup: 65534,
          fsGroup: 65534,
          seccompProfile: { type: 'RuntimeDefault' },
        },
      },
    },
  ];
  // A namespace that exists belongs to others: it gets no label, so that it is not removed.
  if (!(await cluster.has('namespace', monitoringNamespace))) {
    const own = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: monitoringNamespace, labels: ownLabels } };
    await cluster.kubectl.mustRun(['apply', '--server-side', '-f', '-'], JSON.stringify(own));
  }
  await cluster.kubectl.mustRun(['apply', '--server-side', '-f', '-'], listOf(objects));
}

/** Removes what a run has left outside of its own namespaces. */
export async function removePrometheus(cluster: Pick<Cluster, 'has' | 'kubectl'>): Promise<void> {
  if (await cluster.has('crd', prometheuses)) {
    const kinds = `${prometheuses},serviceaccounts`;
    await cluster.kubectl.mustRun([`--namespace=${monitoringNamespace}`, 'delete', kinds, ownSelector, '--timeout=1m']);
  }
  await cluster.kubectl.mustRun(['delete', 'namespace', ownSelector, '--timeout=2m']);
}

/** A response of Prometheus. */
interface Response<T> {
  readonly data: T;
}

/** A target that Prometheus scrapes. */
export interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

/** Where Prometheus does not scrape a pod, or not exactly once. */
export function targetFaultsOf(targets: readonly Target[], pods: readonly Pod[]): string[] {
  return pods.flatMap((pod) => {
    const service = nameOf(pod);
    const { name } = pod.metadata;
    const [target, ...others] = targets.filter(({ labels }) => labels['job'] === service && labels['pod'] === name);
    if (target === undefined || others.length > 0) {
      return [`pod ${name} has ${target === undefined ? 'no target' : `${others.length + 1} targets`}`];
    }
    const { labels, health, lastError } = target;
    if (health !== 'up') return [`pod ${name} is ${health}: ${lastError}`];
    const instance = `${service}@${name}`;
    return labels['instance'] === instance
      ? []
      : [`the instance of pod ${name} is ${labels['instance']}, not ${instance}`];
  });
}

interface PrometheusRule {
  readonly groups: readonly { readonly rules: readonly { readonly record?: string; readonly alert?: string }[] }[];
}

/** The names of all rules of the Prometheus Operator. */
export const ruleNamesOf = (manifests: readonly Manifest[]): string[] =>
  ofKind<PrometheusRule>(manifests, 'PrometheusRule')
    .flatMap(({ spec }) => spec.groups)
    .flatMap(({ rules }) => rules)
    .map(({ record, alert }) => record ?? alert ?? '');

/** A group of rules that Prometheus has loaded. */
export interface RuleGroup {
  readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[];
}

/** The rules that are not loaded, or not healthy. */
export function ruleFaultsOf(groups: readonly RuleGroup[], wanted: readonly string[]): string[] {
  const rules = groups.flatMap((group) => group.rules);
  const loaded = new Set(rules.map(({ name }) => name));
  return [
    ...wanted.filter((name) => !loaded.has(name)).map((name) => `rule ${name} is not loaded`),
    ...rules
      .filter(({ health }) => health !== 'ok')
      .map(({ name, health, lastError = '' }) => `rule ${name} is ${health}: ${lastError}`),
  ];
}
