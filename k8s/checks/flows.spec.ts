import { describe, expect, it } from 'vitest';
import { parseManifests } from '../kustomize/manifest.ts';
import { flowsIn } from './flows.ts';

const workload = (name: string) => `
kind: Deployment
metadata: { name: ${name}, namespace: breakwater }
spec:
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: ${name}, ports: [{ name: http, containerPort: 3000 }] }] }
`;

interface Policy {
  /** The pods with this label; all by default. */
  readonly app?: string;
  readonly types?: string;
  readonly rules: string;
  readonly metadata?: string;
}

const policyOf = ({ app, types = '[Egress]', rules, metadata = 'namespace: breakwater' }: Policy) => `
kind: NetworkPolicy
metadata: { name: tested, ${metadata} }
spec:
  podSelector: ${app === undefined ? '{}' : `{ matchLabels: { app: ${app} } }`}
  policyTypes: ${types}
  ${rules}
`;

/** The connections from a to b and to the outside. */
const flowsWith = (...policies: readonly Policy[]) =>
  flowsIn(parseManifests([workload('a'), workload('b'), ...policies.map((policy) => policyOf(policy))].join('---')))
    .filter((flow) => /^a → (b|outside):/.test(flow))
    .toSorted();

const open = [
  'a → b:3000',
  'a → b:other',
  'a → b:other/udp',
  'a → outside:443',
  'a → outside:5432',
  'a → outside:other',
  'a → outside:other/udp',
];
const toB = '{ podSelector: { matchLabels: { app: b } } }';

describe('flowsIn', () => {
  it('allows every connection without policies, also to ports that nothing names', () => {
    expect(flowsWith()).toEqual(open);
  });

  it.each(['egress: []', ''])('allows none with a policy without rules: %o', (rules) => {
    expect(flowsWith({ app: 'a', rules })).toEqual([]);
  });

  // In Kubernetes, a missing and an empty list both mean "all".
  it.each(['egress: [{}]', 'egress: [{ to: [], ports: [] }]', 'egress: [{ to: null, ports: null }]'])(
    'allows every peer and port with %o',
    (rules) => {
      expect(flowsWith({ app: 'a', rules })).toEqual(open);
    },
  );

  it('allows every port of a protocol when a rule names only the protocol', () => {
    expect(flowsWith({ app: 'a', rules: `egress: [{ to: [${toB}], ports: [{ protocol: UDP }] }]` })).toEqual([
      'a → b:other/udp',
    ]);
    expect(flowsWith({ app: 'a', rules: `egress: [{ to: [${toB}], ports: [{}] }]` })).toEqual([
      'a → b:3000',
      'a → b:other',
    ]);
  });

  it('lists a port that only a policy names', () => {
    expect(flowsWith({ app: 'a', rules: 'egress: [{ ports: [{ port: 25 }] }]' })).toEqual([
      'a → b:25',
      'a → outside:25',
    ]);
  });

  it('allows a connection only if the policies of both pods allow it', () => {
    const toPeer: Policy = { app: 'a', rules: `egress: [{ to: [${toB}], ports: [{ port: http }, { port: 25 }] }]` };
    const fromAny: Policy = { app: 'b', types: '[Ingress]', rules: 'ingress: [{ ports: [{ port: 3000 }] }]' };

    expect(flowsWith(toPeer, fromAny)).toEqual(['a → b:3000']);
  });

  it.each<[field: string, policy: Policy]>([
    ['spec.egress.to.ipBlock', { rules: 'egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }]' }],
    ['spec.egress.ports.endPort', { rules: 'egress: [{ ports: [{ port: 1, endPort: 9 }] }]' }],
    [
      'spec.egress.to.podSelector.matchExpressions',
      { rules: 'egress: [{ to: [{ podSelector: { matchExpressions: [{ key: app, operator: Exists }] } }] }]' },
    ],
    [
      'spec.ingress.from.namespaceSelector.matchExpressions',
      {
        types: '[Ingress]',
        rules: 'ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: a, operator: Exists }] } }] }]',
      },
    ],
    [
      'spec.egress.to.namespaceSelector.matchLabels.team',
      { rules: 'egress: [{ to: [{ namespaceSelector: { matchLabels: { team: a } } }] }]' },
    ],
    ['spec.egress.from', { rules: `egress: [{ from: [${toB}] }]` }],
    ['metadata.namespace monitoring', { rules: '', metadata: 'namespace: monitoring' }],
    ['metadata.namespace undefined', { rules: '', metadata: 'labels: {}' }],
    ['spec without policyTypes', { types: '', rules: 'egress: [{}]' }],
  ])('rejects what it does not support: %s', (field, policy) => {
    expect(() => flowsWith(policy)).toThrow(`NetworkPolicy tested: ${field} is not supported by this check.`);
  });
});
