import { edgeLooks } from '@breakwater/contracts/palette';
import { useId, useRef, useState } from 'preact/hooks';
import type { Snapshot } from '../protocol/messages.ts';
import type { ConsoleState } from './console-state.ts';
import { duration, percent, rate } from './format.ts';
import { strokeOf } from './stroke.ts';
import { labelOf, type Selection, SelectionCard, Summary } from './topology-card.tsx';
import { type Edge, type Line, useLines } from './topology-lines.ts';
import {
  type AccountNode,
  type EndpointEdge,
  type Flow,
  type Topology as Graph,
  topologyOf,
} from './topology-model.ts';

/** Rates of calls are averages of this time. */
const rateMs = 3_000;

const keyOf = (selection: Selection): string => Object.values(selection).join(' ');

interface Props {
  readonly state: ConsoleState;
  readonly snapshot: Snapshot;
  readonly breakers: readonly string[];
}

/** The system as a live graph: what flows over its edges, and why an edge is closed. */
export function Topology({ state, snapshot, breakers }: Props) {
  const graph = topologyOf({ snapshot, periods: state.periods }, useEarlier(snapshot), breakers);
  const [selected, setSelected] = useState<Selection>();
  const container = useRef<HTMLDivElement>(null);
  const edges = edgesOf(graph);
  const lines = useLines(container, edges);
  const cardId = useId();
  const isSelected = (selection: Selection): boolean => selected !== undefined && keyOf(selected) === keyOf(selection);
  const toggle = (selection: Selection): void => setSelected(isSelected(selection) ? undefined : selection);
  /** The attributes of the button of a node or of an edge. */
  const choose = (selection: Selection) => ({
    type: 'button' as const,
    'aria-pressed': isSelected(selection),
    'aria-controls': cardId,
    onClick: () => toggle(selection),
  });
  return (
    <section
      class="panel topology"
      aria-labelledby="topology"
      onKeyDown={({ key }) => {
        if (key === 'Escape') setSelected(undefined);
      }}
    >
      <h2 id="topology">Live topology</h2>
      <div class="topology-graph" ref={container}>
        <Lines
          lines={lines}
          // The labels of the edges do the same, and can be used by keyboard.
          onChoose={(key) => {
            const edge = edges.find((each) => each.key === key);
            if (edge !== undefined) toggle(edge.selection);
          }}
        />
        <button {...choose({ kind: 'clients' })} class="node" data-node="clients">
          <b>Clients</b>
          <small>{snapshot.load.rate > 0 ? `console: ${snapshot.load.rate}/s` : 'no load from here'}</small>
        </button>
        <button {...choose({ kind: 'requests' })} class={`edge-label is-${graph.inbound.status}`}>
          <span class="unseen">From clients to the load balancer: </span>
          <FlowText flow={graph.inbound} />
        </button>
        <button {...choose({ kind: 'balancer' })} class="node" data-node="balancer">
          <b>Load balancer</b>
          <small>
            {graph.accounts.filter(({ problem }) => problem === null).length} of {graph.accounts.length} up
          </small>
        </button>
        <div class="topology-accounts">
          {graph.accounts.map((account) => (
            <Account key={account.name} account={account} choose={choose} />
          ))}
        </div>
        <div class="topology-customers">
          {graph.customers.map(({ name, condition, isHealthy }) => (
            <button
              key={name}
              {...choose({ kind: 'customer', customer: name })}
              class={isHealthy ? 'node' : 'node is-unhealthy'}
              data-node={name}
            >
              <b>{name}</b>
              <small>{condition}</small>
            </button>
          ))}
        </div>
      </div>
      <div class="topology-card" id={cardId} role="region" aria-label="Why" tabIndex={0}>
        {selected === undefined ? (
          <Summary graph={graph} />
        ) : (
          <SelectionCard selection={selected} graph={graph} state={state} snapshot={snapshot} />
        )}
      </div>
    </section>
  );
}

/** A snapshot of some seconds ago. */
function useEarlier(snapshot: Snapshot): Snapshot | undefined {
  const kept = useRef<readonly Snapshot[]>([]);
  if (kept.current.at(-1) !== snapshot) {
    const since = snapshot.at - rateMs - 500;
    kept.current = [...kept.current.filter(({ at }) => at >= since && at < snapshot.at), snapshot];
  }
  const [first] = kept.current;
  return first === snapshot ? undefined : first;
}

type Choose = (selection: Selection) => object;

function Account({ account, choose }: { readonly account: AccountNode; readonly choose: Choose }) {
  const { name, problem, inbound, gates, endpoints } = account;
  return (
    <div class="topology-lane">
      <button {...choose({ kind: 'inbound', account: name })} class={`edge-label is-${inbound.status}`}>
        <span class="unseen">From the load balancer to {name}: </span>
        <FlowText flow={inbound} />
      </button>
      <div class={problem === null ? 'node topology-account' : 'node topology-account is-unhealthy'} data-node={name}>
        <button {...choose({ kind: 'account', account: name })} class="node-head">
          <b>{name}</b> {problem !== null && <small class="tone-bad">unreachable</small>}
        </button>
        {gates.map((gate) => (
          <button key={gate.name} {...choose({ kind: 'gate', account: name, breaker: gate.name })} class="port">
            <i class={`swatch fill-${gate.state}`} />
            <span class="port-name">
              <span class="unseen">Circuit breaker </span>
              {gate.name}
            </span>
            <span class="port-value">
              <b>{labelOf(gate.state)}</b> <span class="hint only-wide">{gate.cause}</span>
            </span>
          </button>
        ))}
        {endpoints.map((edge) => (
          <button
            key={edge.endpoint}
            {...choose({ kind: 'endpoint', account: name, customer: edge.customer })}
            class={`port port-edge is-${edge.status}`}
            data-node={`${name} ${edge.customer}`}
          >
            <i class={`swatch fill-${edge.state}`} />
            <span class="port-name">
              <span aria-hidden="true">→ </span>
              <span class="unseen">To </span>
              {edge.customer}
            </span>
            <span class="port-value">{edge.blockedBy === null ? <FlowText flow={edge} /> : blockedText(edge)}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

const blockedText = ({ blockedBy }: EndpointEdge) => (
  <b class="tone-bad">{blockedBy === 'ejection' ? 'Ejected' : 'No calls'}</b>
);

/** The rate, the latency and the errors of an edge. */
function FlowText({ flow: { perSecond, latencyMs, errorRate } }: { readonly flow: Flow }) {
  if (perSecond === null) return <span class="hint">no data</span>;
  return (
    <>
      <b>{rate(perSecond)}</b>{' '}
      <span class="flow-details">
        {latencyMs !== null && perSecond > 0 && <span>{duration(latencyMs)}</span>}{' '}
        {errorRate !== null && (
          <span class={errorRate > 0 ? 'tone-bad' : ''}>
            {percent(errorRate)} err<span class="only-labels">ors</span>
          </span>
        )}
      </span>
    </>
  );
}

type SelectableEdge = Edge & { readonly selection: Selection };

function edgesOf({ inbound, accounts }: Graph): readonly SelectableEdge[] {
  const edge = (selection: Selection, rest: Omit<Edge, 'key'>) => ({ key: keyOf(selection), selection, ...rest });
  return [
    edge(
      { kind: 'requests' },
      { from: 'clients', to: 'balancer', status: inbound.status, perSecond: inbound.perSecond, mark: null },
    ),
    ...accounts.flatMap(({ name, problem, inbound, endpoints }) => [
      edge(
        { kind: 'inbound', account: name },
        {
          from: 'balancer',
          to: name,
          status: inbound.status,
          perSecond: inbound.perSecond,
          mark: problem === null ? null : 'target',
        },
      ),
      ...endpoints.map(({ customer, status, perSecond, blockedBy }) =>
        edge(
          { kind: 'endpoint', account: name, customer },
          {
            from: `${name} ${customer}`,
            to: customer,
            status,
            perSecond,
            mark: blockedBy === null ? null : blockedBy === 'ejection' ? 'target' : 'source',
          },
        ),
      ),
    ]),
  ];
}

interface LinesProps {
  readonly lines: readonly Line[];
  /** Called with the key of an edge that is clicked. */
  readonly onChoose: (key: string) => void;
}

function Lines({ lines, onChoose }: LinesProps) {
  return (
    <svg class="topology-lines" aria-hidden="true">
      {lines.map(({ key, path, width, status, mark }) => (
        <g key={key} class="edge" onClick={() => onChoose(key)}>
          <path d={path} class="edge-target" />
          <path d={path} stroke-width={width} {...strokeOf(edgeLooks[status])} />
          {(status === 'flowing' || status === 'failing') && <path class="edge-flow" d={path} stroke-width={width} />}
          {mark && (
            <g transform={`translate(${mark.x} ${mark.y})`} class="edge-mark">
              <circle r="8" />
              <path d="M-3.5,-3.5L3.5,3.5M-3.5,3.5L3.5,-3.5" />
            </g>
          )}
        </g>
      ))}
    </svg>
  );
}
