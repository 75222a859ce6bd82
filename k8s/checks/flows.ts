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
}

interface PolicySpec {
  readonly podSelector: Selector;
  readonly policyTypes: readonly ('Ingress' | 'Egress')[];
  readonly ingress?: readonly (Rule & { readonly from?: readonly Peer[] })[];
  readonly egress?: readonly (Rule & { readonly to?: readonly Peer[] })[];
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
  end('dns', 'kube-system', { 'k8s-app': 'kube-dns' }, [
    { name: 'dns', number: 53, protocol: 'UDP' },
    { name: 'dns-tcp', number: 53, protocol: 'TCP' },
  ]),
  end('prometheus', 'monitoring', { 'app.kubernetes.io/name': 'prometheus' }, []),
  end('outside', 'elsewhere', {}, [
    { name: 'https', number: 443, protocol: 'TCP' },
    { name: 'postgres', number: 5432, protocol: 'TCP' },
  ]),
];

function end(name: string, namespace: string, labels: Labels, ports: End['ports']): End {
  return { name, namespace, labels, ports };
}

/** Every connection that the policies allow between known peers, such as `account → customer:3001`. */
export function flowsIn(manifests: readonly Manifest[]): string[] {
  const policies = ofKind<PolicySpec>(manifests, 'NetworkPolicy').map(({ spec }) => spec);
  const workloads = workloadsIn(manifests).map(({ metadata, spec: { template } }) =>
    end(
      metadata.name,
      own,
      template.metadata.labels,
      template.spec.containers
        .flatMap(({ ports = [] }) => ports)
        .map(({ name, containerPort }) => ({ name, number: containerPort, protocol: 'TCP' })),
    ),
  );
  const ends = [...workloads, ...others];
  return ends
    .flatMap((from) => ends.flatMap((to) => to.ports.map((port) => ({ from, to, port }))))
    .filter(({ from, to }) => from !== to && (from.namespace === own || to.namespace === own))
    .filter(({ from, to, port }) => leaves(policies, from, to, port) && enters(policies, from, to, port))
    .map(({ from, to, port }) => `${from.name} → ${to.name}:${port.number}${port.protocol === 'UDP' ? '/udp' : ''}`);
}

type Port = End['ports'][number];

function leaves(policies: readonly PolicySpec[], from: End, to: End, port: Port): boolean {
  const concerned = selecting(policies, from, 'Egress');
  return (
    concerned.length === 0 ||
    concerned.some(({ egress = [] }) => egress.some((rule) => allows(rule, rule.to, to, port)))
  );
}

function enters(policies: readonly PolicySpec[], from: End, to: End, port: Port): boolean {
  const concerned = selecting(policies, to, 'Ingress');
  return (
    concerned.length === 0 ||
    concerned.some(({ ingress = [] }) => ingress.some((rule) => allows(rule, rule.from, from, port)))
  );
}

/** Policies apply to pods of their own namespace. */
const selecting = (policies: readonly PolicySpec[], { namespace, labels }: End, type: 'Ingress' | 'Egress') =>
  namespace === own
    ? policies.filter(
        ({ podSelector, policyTypes }) => policyTypes.includes(type) && hasLabels(labels, podSelector.matchLabels),
      )
    : [];

/** A rule without peers allows every peer, and one without ports every port. */
function allows(
  { ports }: Rule,
  peers: readonly Peer[] | undefined,
  other: End,
  { name, number, protocol }: Port,
): boolean {
  const isPeer = peers?.some((peer) => isMatchingPeer(peer, other)) ?? true;
  const isPort =
    ports?.some(
      (allowed) => (allowed.protocol ?? 'TCP') === protocol && (allowed.port === number || allowed.port === name),
    ) ?? true;
  return isPeer && isPort;
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
