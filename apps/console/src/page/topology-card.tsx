import type { PolicyEvent, Snapshot } from '../protocol/messages.ts';
import type { ConsoleState } from './console-state.ts';
import { duration, percent, rate, stateLabels, timeOfDay } from './format.ts';
import type { Flow, Gate, Topology as Graph } from './topology-model.ts';

/** What was selected: a node or an edge, by the keys of its parts. */
export type Selection =
  | { readonly kind: 'clients' | 'balancer' | 'requests' }
  | { readonly kind: 'account' | 'inbound'; readonly account: string }
  | { readonly kind: 'gate'; readonly account: string; readonly breaker: string }
  | { readonly kind: 'endpoint'; readonly account: string; readonly customer: string }
  | { readonly kind: 'customer'; readonly customer: string };

export const labelOf = (state: Gate['state']): string => (state === 'UNKNOWN' ? 'Unknown' : stateLabels[state]);

const maxReasons = 4;

/** Everything that keeps calls away, or the note that nothing does. */
export function Summary({ graph }: { readonly graph: Graph }) {
  const reasons = reasonsOf(graph);
  if (reasons.length === 0) {
    return (
      <>
        <h3>All calls get through</h3>
        <p>
          Every circuit breaker is closed, and every endpoint is in service.{' '}
          <span class="hint">Choose a node or an edge to see its numbers and why it is as it is.</span>
        </p>
      </>
    );
  }
  return (
    <>
      <h3>Why</h3>
      <ul>
        {reasons.slice(0, maxReasons).map(({ subject, why }) => (
          <li key={subject}>
            <b>{subject}:</b> {why}
          </li>
        ))}
        {reasons.length > maxReasons && <li class="hint">and {reasons.length - maxReasons} more</li>}
      </ul>
    </>
  );
}

function reasonsOf({ accounts, customers }: Graph): readonly { readonly subject: string; readonly why: string }[] {
  const unhealthy = Map.groupBy(
    customers.filter(({ isHealthy }) => !isHealthy),
    ({ condition }) => condition,
  );
  return [
    ...[...unhealthy].map(([condition, each]) => ({
      subject: each.map(({ name }) => name).join(', '),
      why: `${condition}.`,
    })),
    ...accounts.flatMap(({ name, problem, gates, endpoints }) =>
      problem !== null
        ? [{ subject: name, why: `unreachable: ${problem}.` }]
        : [
            ...gates
              .filter(({ state }) => state !== 'CLOSED')
              .map((gate) => ({
                subject: `${name}, ${gate.name} ${labelOf(gate.state).toLowerCase()}`,
                why: gate.why,
              })),
            ...endpoints
              .filter(({ state, blockedBy }) => blockedBy !== 'circuit breaker' && state !== 'IN_SERVICE')
              .map(({ customer, why }) => ({ subject: `${name} → ${customer}`, why })),
          ],
    ),
  ];
}

interface CardProps {
  readonly selection: Selection;
  readonly graph: Graph;
  readonly state: ConsoleState;
  readonly snapshot: Snapshot;
}

type Fact = readonly [name: string, value: string];

interface CardContent {
  readonly title: string;
  readonly why: string;
  readonly facts: readonly Fact[];
  readonly events?: readonly PolicyEvent[];
  /** The part of the page with everything about it. */
  readonly link: readonly [label: string, href: string];
}

const maxEvents = 2;

/** The card of a node or of an edge: why it is as it is, its numbers, and its latest events. */
export function SelectionCard(props: CardProps) {
  const content = contentOf(props);
  if (content === undefined) return <p class="hint">It no longer exists.</p>;
  const { title, why, facts, events = [], link } = content;
  return (
    <>
      <div class="topology-card-head">
        <h3 aria-live="polite">{title}</h3>
        <a href={link[1]}>{link[0]}</a>
      </div>
      <p>{why}</p>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {events.length > 0 && (
        <ul class="hint">
          {events.slice(0, maxEvents).map(({ at, type, detail }) => (
            <li key={`${at} ${type} ${detail}`}>
              {timeOfDay(at)} {type.replaceAll('_', ' ').toLowerCase()} {detail}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const flowFacts = ({ perSecond, latencyMs, errorRate }: Flow, latency: string): readonly Fact[] => [
  ['rate', perSecond === null ? '–' : rate(perSecond)],
  [latency, latencyMs === null ? '–' : duration(latencyMs)],
  ['errors', errorRate === null ? '–' : percent(errorRate)],
];

function contentOf({ selection, graph, state, snapshot }: CardProps): CardContent | undefined {
  const account = 'account' in selection ? graph.accounts.find(({ name }) => name === selection.account) : undefined;
  const replica = snapshot.accounts.find(({ name }) => name === account?.name);
  const ofReplica = state.events.filter(({ replica: name }) => name === account?.name);
  switch (selection.kind) {
    case 'clients':
    case 'requests': {
      const responses = Object.entries(snapshot.load.responses).map(([status, count]): Fact => [
        status === '0' ? 'no response' : status,
        String(count),
      ]);
      return {
        title: selection.kind === 'clients' ? 'Clients' : 'Clients → load balancer',
        why: 'Clients open accounts. These are the responses that they get from account.',
        facts: [...flowFacts(graph.inbound, 'p95'), ...responses],
        link: ['To the load', '#load'],
      };
    }
    case 'balancer':
      return {
        title: 'Load balancer',
        why: 'It picks the replica of account with the fewest requests in flight, and skips one that does not respond.',
        facts: graph.accounts.map(({ name, problem, inbound }): Fact => [
          name,
          problem === null ? (inbound.perSecond === null ? '–' : rate(inbound.perSecond)) : 'unreachable',
        ]),
        link: ['To the traffic', '#time'],
      };
    case 'inbound':
      return (
        account && {
          title: `Load balancer → ${account.name}`,
          why: account.inbound.why,
          facts: flowFacts(account.inbound, 'p95'),
          link: ['To the traffic', '#time'],
        }
      );
    case 'account':
      return (
        account && {
          title: account.name,
          why: account.problem === null ? 'It is up.' : account.inbound.why,
          facts: account.gates.map(({ name, state }): Fact => [name, labelOf(state)]),
          events: ofReplica.filter(({ transition }) => transition !== undefined),
          link: ['To its circuit breakers', `#breaker-${account.gates[0]?.name ?? ''}`],
        }
      );
    case 'gate': {
      const gate = account?.gates.find(({ name }) => name === selection.breaker);
      const breaker = replica?.breakers[selection.breaker];
      if (gate === undefined || breaker === undefined) return undefined;
      const { metrics, thresholds } = breaker;
      return {
        title: `${selection.account}, circuit breaker ${gate.name}: ${labelOf(gate.state)}`,
        why: gate.why,
        facts: [
          ['failed', `${percent(metrics.failureRate)} (opens at ${percent(thresholds.failureRate)})`],
          ['slow', `${percent(metrics.slowCallRate)} (opens at ${percent(thresholds.slowCallRate)})`],
          ['calls in the window', String(metrics.bufferedCalls)],
          ['rejected', String(metrics.notPermittedCalls)],
        ],
        events: ofReplica.filter(({ name, transition }) => name === gate.name && transition !== undefined),
        link: ['To its card', `#breaker-${gate.name}`],
      };
    }
    case 'endpoint': {
      const edge = account?.endpoints.find(({ customer }) => customer === selection.customer);
      if (edge === undefined) return undefined;
      return {
        title: `${selection.account} → ${edge.customer}`,
        why: edge.why,
        facts: [
          ...flowFacts(edge, 'recent latency'),
          ['in flight', String(edge.inFlightCalls)],
          ['ejections', String(edge.ejections)],
        ],
        link: ['To the endpoints', '#breaker-customer'],
      };
    }
    case 'customer': {
      const node = graph.customers.find(({ name }) => name === selection.customer);
      if (node === undefined) return undefined;
      const edges = graph.accounts.flatMap(({ name, endpoints }) =>
        endpoints
          .filter(({ customer }) => customer === node.name)
          .map((edge): Fact => [
            `from ${name}`,
            edge.blockedBy === null ? (edge.perSecond === null ? '–' : rate(edge.perSecond)) : edge.blockedBy,
          ]),
      );
      return {
        title: node.name,
        why: `${node.condition}.`.replace(/^./, (letter) => letter.toUpperCase()),
        facts: edges,
        link: ['To its faults', '#faults'],
      };
    }
  }
}
