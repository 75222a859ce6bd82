import { hasLabels, type Manifest, ofKind, workloadsIn } from '../kustomize/manifest.ts';

type Labels = Readonly<Record<string, string>>;

interface Selector {
  readonly matchLabels?: Labels;
}

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
}

interface PortRule {
  readonly protocol?: string;
  /** A number or the name of a container's port. Default: all ports. */
  readonly port?: number | string;
}

interface Rule {
  readonly ports?: readonly PortRule[];
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

interface Port {
  readonly name?: string;
  /** `other` stands for all ports that neither a policy nor a peer names. */
  readonly number: number | 'other';
  readonly protocol: string;
}

/** One end of a connection. */
interface End {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly ports: readonly Port[];
}

const own = 'breakwater';

/** The label with the name of the namespace, which Kubernetes sets on each namespace. */
const namespaceLabel = 'kubernetes.io/metadata.name';

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
      { number: 443, protocol: 'TCP' },
      { number: 5432, protocol: 'TCP' },
    ],
  },
];

const unnamedPorts: readonly Port[] = ['TCP', 'UDP'].map((protocol) => ({ number: 'other', protocol }));

/**
 * Every connection that the policies allow between known peers, such as `account → customer:3001`. Each peer is checked for
 * its own ports, for those that a policy names, and for `other`, which stands for the rest.
 *
 * @throws Error for a policy with a field that this check does not support
 */
export function flowsIn(manifests: readonly Manifest[]): string[] {
  const manifestsOfPolicies = ofKind<PolicySpec>(manifests, 'NetworkPolicy');
  for (const policy of manifestsOfPolicies) checkSupport(policy);
  const policies = manifestsOfPolicies.map(({ spec }) => spec);
  const workloads = workloadsIn(manifests).map(({ metadata: { name }, spec: { template } }) => ({
    name,
    namespace: own,
    labels: template.metadata.labels,
    ports: template.spec.containers
      .flatMap(({ ports = [] }) => ports)
      .map((port) => ({ name: port.name, number: port.containerPort, protocol: 'TCP' })),
  }));
  const ends: readonly End[] = [...workloads, ...others];
  const named = numberedPortsIn(policies);
  return ends
    .flatMap((from) => ends.flatMap((to) => portsOf(to, named).map((port) => ({ from, to, port }))))
    .filter(({ from, to }) => from !== to && (from.namespace === own || to.namespace === own))
    .filter(
      ({ from, to, port }) => allow(policies, 'Egress', from, to, port) && allow(policies, 'Ingress', to, from, port),
    )
    .map(({ from, to, port }) => `${from.name} → ${to.name}:${port.number}${port.protocol === 'UDP' ? '/udp' : ''}`);
}

const numberedPortsIn = (policies: readonly PolicySpec[]): Port[] =>
  policies
    .flatMap(({ ingress, egress }) => [...(ingress ?? []), ...(egress ?? [])])
    .flatMap(({ ports }) => ports ?? [])
    .flatMap(({ port, protocol = 'TCP' }) => (typeof port === 'number' ? [{ number: port, protocol }] : []));

/** The ports to check for a peer, each once; its own come first, because they have names. */
function portsOf({ ports }: End, named: readonly Port[]): readonly Port[] {
  const all = [...ports, ...named, ...unnamedPorts];
  return all.filter(
    (port, at) => all.findIndex((each) => each.number === port.number && each.protocol === port.protocol) === at,
  );
}

/**
 * Whether the policies of a pod allow a connection with a peer in one direction. Policies apply to pods of their own
 * namespace; a pod without one for the direction may have every connection.
 */
function allow(policies: readonly PolicySpec[], type: 'Ingress' | 'Egress', pod: End, peer: End, port: Port): boolean {
  const concerned = policies.filter(
    ({ podSelector, policyTypes }) =>
      pod.namespace === own && policyTypes.includes(type) && hasLabels(pod.labels, podSelector.matchLabels),
  );
  const rules = concerned.flatMap(({ ingress, egress }) => (type === 'Ingress' ? ingress : egress) ?? []);
  return (
    concerned.length === 0 ||
    rules.some(
      ({ ports, from, to }) =>
        isAllOrSome(type === 'Ingress' ? from : to, (each) => isMatchingPeer(each, peer)) &&
        isAllOrSome(ports, (each) => isMatchingPort(each, port)),
    )
  );
}

/** A rule without peers allows every peer, and one without ports every port. An empty list means the same. */
const isAllOrSome = <T>(list: readonly T[] | null | undefined, matches: (each: T) => boolean): boolean =>
  list === undefined || list === null || list.length === 0 || list.some((each) => matches(each));

const isMatchingPort = ({ protocol = 'TCP', port }: PortRule, { name, number, protocol: given }: Port): boolean =>
  protocol === given && (port === undefined || port === number || port === name);

function isMatchingPeer({ podSelector, namespaceSelector }: Peer, { namespace, labels }: End): boolean {
  const isInNamespace =
    namespaceSelector === undefined
      ? namespace === own
      : hasLabels({ [namespaceLabel]: namespace }, namespaceSelector.matchLabels);
  return isInNamespace && hasLabels(labels, podSelector?.matchLabels);
}

/** @throws Error for a field that this check would ignore: what it allows or forbids would be missing in the result */
function checkSupport({ metadata: { name, namespace }, spec }: Manifest<PolicySpec>): void {
  const checkFields = (path: string, value: object | undefined, known: readonly string[]): void => {
    const field = Object.keys(value ?? {}).find((key) => !known.includes(key));
    if (field !== undefined) throw unsupported(name, `${path}.${field}`);
  };
  const checkSelector = (path: string, selector: Selector | undefined): void =>
    checkFields(path, selector, ['matchLabels']);

  if (namespace !== own) throw unsupported(name, `metadata.namespace ${namespace}`);
  if (!Array.isArray(spec.policyTypes)) throw unsupported(name, 'spec without policyTypes');
  checkFields('spec', spec, ['podSelector', 'policyTypes', 'ingress', 'egress']);
  checkSelector('spec.podSelector', spec.podSelector);
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    for (const rule of spec[direction] ?? []) {
      const path = `spec.${direction}`;
      checkFields(path, rule, ['ports', peers]);
      for (const port of rule.ports ?? []) checkFields(`${path}.ports`, port, ['protocol', 'port']);
      for (const { podSelector, namespaceSelector, ...rest } of rule[peers] ?? []) {
        checkFields(`${path}.${peers}`, rest, []);
        checkSelector(`${path}.${peers}.podSelector`, podSelector);
        checkSelector(`${path}.${peers}.namespaceSelector`, namespaceSelector);
        checkFields(`${path}.${peers}.namespaceSelector.matchLabels`, namespaceSelector?.matchLabels, [namespaceLabel]);
      }
    }
  }
}

const unsupported = (policy: string, what: string): Error =>
  new Error(`NetworkPolicy ${policy}: ${what} is not supported by this check. Extend k8s/checks/flows.ts.`);
