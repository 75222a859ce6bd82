import { hasLabels, type Manifest, ofKind, workloadsIn } from '../kustomize/manifest.ts';

type Labels = Readonly<Record<string, string>>;

interface Selector {
  readonly matchLabels?: Labels;
}

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: object;
}

interface Rule {
  readonly ports?: readonly { readonly protocol?: string; readonly port: number | string }[];
  /** The peers of a rule for `ingress`, and of one for `egress`. */
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
}

interface PolicySpec {
  readonly podSelector: Selector;
  readonly policyTypes: readonly ('Ingress' | 'Egress')[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/** One end of a connection. */
export interface End {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly ports: readonly { readonly name: string; readonly number: number; readonly protocol: string }[];
}

const own = 'breakwater';

/** Peers that are no workloads of ours. */
const others: readonly End[] = [
  {
    name: 'dns',
    namespace: 'kube-system',
    labels: { 'k8s-app': 'kube-dns' },
    ports: [
      { name: 'dns', number: 53, protocol: 'UDP' },
      { name: 'dns-tcp', number: 53, protocol: 'TCP' },
    ],
  },
  { name: 'prometheus', namespace: 'monitoring', labels: { 'app.kubernetes.io/name': 'prometheus' }, ports: [] },
  {
    name: 'outside',
    namespace: 'elsewhere',
    labels: {},
    ports: [
      { name: 'https', number: 443, protocol: 'TCP' },
      { name: 'postgres', number: 5432, protocol: 'TCP' },
    ],
  },
];

/** Every connection that the policies allow between known peers, such as `account → customer:3001`. */
export function flowsIn(manifests: readonly Manifest[]): string[] {
  const policies = ofKind<PolicySpec>(manifests, 'NetworkPolicy').map(({ spec }) => spec);
  const workloads = workloadsIn(manifests).map(({ metadata: { name }, spec: { template } }) => ({
    name,
    namespace: own,
    labels: template.metadata.labels,
    ports: template.spec.containers
      .flatMap(({ ports = [] }) => ports)
      .map((port) => ({ name: port.name, number: port.containerPort, protocol: 'TCP' })),
  }));
  const ends = [...workloads, ...others];
  return ends
    .flatMap((from) => ends.flatMap((to) => to.ports.map((port) => ({ from, to, port }))))
    .filter(({ from, to }) => from !== to && (from.namespace === own || to.namespace === own))
    .filter(
      ({ from, to, port }) => allow(policies, 'Egress', from, to, port) && allow(policies, 'Ingress', to, from, port),
    )
    .map(({ from, to, port }) => `${from.name} → ${to.name}:${port.number}${port.protocol === 'UDP' ? '/udp' : ''}`);
}

/**
 * Whether the policies of a pod allow a connection with a peer in one direction. Policies apply to pods of their own
 * namespace; a pod without one for the direction may have every connection.
 */
function allow(
  policies: readonly PolicySpec[],
  type: 'Ingress' | 'Egress',
  pod: End,
  peer: End,
  { name, number, protocol }: End['ports'][number],
): boolean {
  const concerned = policies.filter(
    ({ podSelector, policyTypes }) =>
      pod.namespace === own && policyTypes.includes(type) && hasLabels(pod.labels, podSelector.matchLabels),
  );
  const rules = concerned.flatMap(({ ingress = [], egress = [] }) => (type === 'Ingress' ? ingress : egress));
  // A rule without peers allows every peer, and one without ports every port.
  return (
    concerned.length === 0 ||
    rules.some(
      ({ ports, from, to }) =>
        ((type === 'Ingress' ? from : to)?.some((each) => isMatchingPeer(each, peer)) ?? true) &&
        (ports?.some((each) => (each.protocol ?? 'TCP') === protocol && [number, name].includes(each.port)) ?? true),
    )
  );
}

function isMatchingPeer({ podSelector, namespaceSelector, ipBlock }: Peer, { namespace, labels }: End): boolean {
  if (ipBlock !== undefined)
    throw new Error('ipBlock is not supported by this check. Extend isMatchingPeer in k8s/checks/flows.ts.');
  const isInNamespace =
    namespaceSelector === undefined
      ? namespace === own
      : hasLabels({ 'kubernetes.io/metadata.name': namespace }, namespaceSelector.matchLabels);
  return isInNamespace && hasLabels(labels, podSelector?.matchLabels);
}
