import type { edgeLooks } from '@breakwater/contracts/palette';
import type { EndpointDetails, StateName } from '@breakwater/resilience/actuator';
import type { AccountReplica, Breaker, CustomerReplica, Snapshot, Traffic } from '../protocol/messages.ts';
import type { ConsoleState } from './console-state.ts';
import { duration, percent } from './format.ts';

/** What flows over an edge; `null` for what is not known. */
export interface Flow {
  readonly perSecond: number | null;
  readonly latencyMs: number | null;
  /** Percent. */
  readonly errorRate: number | null;
}

/** How an edge is drawn. */
export type EdgeStatus = keyof typeof edgeLooks;

/** A circuit breaker of a replica of account. */
export interface Gate {
  readonly name: string;
  readonly state: StateName | 'UNKNOWN';
  /** What the state follows from, in two or three words; may be empty. */
  readonly cause: string;
  /** Why it permits calls or rejects them. */
  readonly why: string;
}

/** An edge from a replica of account to an endpoint of customer. */
export interface EndpointEdge extends Flow {
  /** Host and port. */
  readonly endpoint: string;
  /** The name of the replica of customer; the endpoint when it is not known. */
  readonly customer: string;
  readonly state: EndpointDetails['state'] | 'UNKNOWN';
  readonly status: EdgeStatus;
  /** What keeps calls away, at the end of the edge where it does so; `null` when nothing does. */
  readonly blockedBy: 'circuit breaker' | 'ejection' | null;
  readonly why: string;
  readonly inFlightCalls: number;
  readonly ejections: number;
}

export interface AccountNode {
  readonly name: string;
  readonly problem: string | null;
  /** From the load balancer. */
  readonly inbound: Flow & { readonly status: EdgeStatus; readonly why: string };
  readonly gates: readonly Gate[];
  readonly endpoints: readonly EndpointEdge[];
}

export interface CustomerNode {
  readonly name: string;
  readonly problem: string | null;
  /** What is wrong with it, or how it is. */
  readonly condition: string;
  readonly isHealthy: boolean;
}

export interface Topology {
  /** From the clients, through the load balancer. */
  readonly inbound: Flow & { readonly status: EdgeStatus; readonly why: string };
  readonly accounts: readonly AccountNode[];
  readonly customers: readonly CustomerNode[];
}

/** The pool of endpoints, and the circuit breaker, of the calls for requests of clients. */
const dependency = 'customer';

/** From this share of errors on, an edge is failing, in percent. */
const failingFrom = 10;

/**
 * The system as a graph: clients, the load balancer, the replicas of account, and their endpoints of customer.
 *
 * @param earlier a snapshot of some seconds ago, from which rates of calls are computed
 * @param breakers the names of the circuit breakers to show
 */
export function topologyOf(
  { snapshot, periods }: Pick<ConsoleState, 'periods'> & { readonly snapshot: Snapshot },
  earlier: Snapshot | undefined,
  breakers: readonly string[],
): Topology {
  const customers = snapshot.customers.map(customerNode);
  const accounts = snapshot.accounts.map((account) => {
    const stateOf = (name: string): Gate['state'] => {
      if (account.problem !== null) return 'UNKNOWN';
      const period = account.hasEvents ? periods[name]?.[account.name]?.at(-1) : undefined;
      const streamed = period?.to === undefined ? period?.state : undefined;
      return streamed ?? account.breakers[name]?.state ?? 'UNKNOWN';
    };
    const gates = breakers.flatMap((name): readonly Gate[] => {
      const breaker = account.breakers[name];
      if (breaker === undefined) return [];
      const state = stateOf(name);
      return [{ name, state, cause: shortCause(state, breaker), why: whyBreaker(state, breaker) }];
    });
    const gate = gates.find(({ name }) => name === dependency);
    const before = earlier?.accounts.find(({ name }) => name === account.name);
    const seconds = earlier === undefined ? 0 : (snapshot.at - earlier.at) / 1_000;
    return {
      name: account.name,
      problem: account.problem,
      inbound: inboundOf(account),
      gates,
      endpoints: endpointEdges(account, before, seconds, snapshot.customers, gate),
    };
  });
  const known = new Set(customers.map(({ name }) => name));
  const others = new Set(accounts.flatMap(({ endpoints }) => endpoints.map(({ customer }) => customer)));
  return {
    inbound: withStatus(flowOf(snapshot.traffic), 'All requests that account has received.'),
    accounts,
    customers: [
      ...customers,
      ...[...others].filter((name) => !known.has(name)).map((name) => unknownCustomer(name)),
    ].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

const noFlow: Flow = { perSecond: null, latencyMs: null, errorRate: null };

function flowOf(traffic: Traffic | null): Flow {
  if (traffic === null) return noFlow;
  const { created, accepted, rejected, failed, latencyMs } = traffic;
  const perSecond = created + accepted + rejected + failed;
  return {
    perSecond,
    latencyMs: latencyMs?.p95 ?? null,
    errorRate: perSecond === 0 ? null : (failed / perSecond) * 100,
  };
}

function withStatus(flow: Flow, why: string): AccountNode['inbound'] {
  return { ...flow, status: statusOf(flow), why };
}

function statusOf({ perSecond, errorRate }: Flow): EdgeStatus {
  if (perSecond === null) return 'unknown';
  if ((errorRate ?? 0) >= failingFrom) return 'failing';
  return perSecond > 0 ? 'flowing' : 'idle';
}

function inboundOf({ name, problem, traffic }: AccountReplica): AccountNode['inbound'] {
  if (problem !== null) return { ...noFlow, status: 'blocked', why: `${name} is unreachable: ${problem}.` };
  const flow = flowOf(traffic);
  if (flow.perSecond === null) return withStatus(flow, 'Not measured yet.');
  if (flow.perSecond === 0) return withStatus(flow, `${name} gets no requests now.`);
  return withStatus(flow, `The load balancer picks the replica with the fewest requests in flight.`);
}

/** Why a circuit breaker permits calls or rejects them, as one sentence. */
export function whyBreaker(state: Gate['state'], breaker: Breaker): string {
  const { remainingMs, admissionPercentage, metrics, thresholds } = breaker;
  const isCurrent = breaker.state === state;
  switch (state) {
    case 'UNKNOWN':
      return 'The replica is unreachable, so its state is unknown.';
    case 'FORCED_OPEN':
      return 'An operator has forced it open: no call gets through until an operator closes it.';
    case 'DISABLED':
      return 'An operator has disabled it: all calls get through, and none counts.';
    case 'METRICS_ONLY':
      return 'It only records: all calls get through.';
    case 'OPEN': {
      if (isCurrent && remainingMs === 0) {
        return `${causeOf(breaker)}: no call got through. The wait is over: the next call is a trial call.`;
      }
      const next = isCurrent && remainingMs !== null ? ` Trial calls in ${duration(remainingMs)}.` : '';
      return `${causeOf(breaker)}: no call gets through.${next}`;
    }
    case 'HALF_OPEN':
      if (!isCurrent) return 'Trial calls decide whether it closes.';
      if (admissionPercentage > 0 && admissionPercentage < 100) {
        return `Its trial calls succeeded: ${admissionPercentage} % of the calls get through, soon all.`;
      }
      return `${metrics.bufferedCalls} of ${thresholds.permittedNumberOfCallsInHalfOpenState} trial calls have ended. They decide whether it closes.`;
    case 'CLOSED':
      return whyClosed(breaker);
  }
}

function whyClosed({ metrics, thresholds }: Breaker): string {
  const { failureRate, slowCallRate, bufferedCalls } = metrics;
  if (failureRate < 0) {
    return `All calls get through: of at least ${thresholds.minimumNumberOfCalls} calls that it needs, it has seen ${bufferedCalls}.`;
  }
  return `All calls get through: ${percent(failureRate)} failed (opens at ${percent(thresholds.failureRate)}), ${percent(slowCallRate)} slow (opens at ${percent(thresholds.slowCallRate)}).`;
}

/** The rate that has reached its threshold; `undefined` when none has. */
function reachedRate({ metrics, thresholds }: Breaker) {
  const rates = [
    { rate: metrics.failureRate, threshold: thresholds.failureRate, word: 'failed', sentence: 'failed' },
    { rate: metrics.slowCallRate, threshold: thresholds.slowCallRate, word: 'slow', sentence: 'were slow' },
    {
      rate: metrics.combinedRate,
      threshold: thresholds.combinedRate ?? Infinity,
      word: 'failed or slow',
      sentence: 'failed or were slow',
    },
  ];
  return rates.find(({ rate, threshold }) => rate >= threshold);
}

function causeOf(breaker: Breaker): string {
  const reached = reachedRate(breaker);
  if (reached === undefined) return 'Its trial calls did not succeed';
  const { rate, threshold, sentence } = reached;
  return `${percent(rate)} of ${breaker.metrics.bufferedCalls} calls ${sentence} (opens at ${percent(threshold)})`;
}

function shortCause(state: Gate['state'], breaker: Breaker): string {
  const { metrics, thresholds, remainingMs, admissionPercentage } = breaker;
  if (breaker.state !== state) return '';
  if (state === 'OPEN') {
    const reached = reachedRate(breaker);
    const cause = reached === undefined ? [] : [`${percent(reached.rate)} ${reached.word}`];
    return [...(remainingMs ? [`${duration(remainingMs)} left`] : []), ...cause].join(' · ');
  }
  if (state === 'HALF_OPEN') {
    return admissionPercentage > 0 && admissionPercentage < 100
      ? `${admissionPercentage} % permitted`
      : `${metrics.bufferedCalls} of ${thresholds.permittedNumberOfCallsInHalfOpenState} trial calls`;
  }
  return state === 'CLOSED' && metrics.failureRate >= 0 ? `${percent(metrics.failureRate)} failed` : '';
}

/** Why an endpoint was ejected, as the beginning of a sentence. */
const ejections: Readonly<Record<NonNullable<EndpointDetails['ejectionReason']>, string>> = {
  CONSECUTIVE_FAILURES: 'Too many failures in a row',
  CONSECUTIVE_CONNECTION_ERRORS: 'Too many connection errors in a row',
  CONSECUTIVE_SLOW_CALLS: 'Too many slow calls in a row',
  FAILURE_RATE: 'Its failure rate stands out from the others',
  SLOW_CALL_RATE: 'Its rate of slow calls stands out from the others',
  SUCCESS_RATE: 'Its success rate stands out from the others',
  TRIAL_FAILED: 'A trial call failed',
  MANUAL: 'An operator has ejected it',
};

/** Why an endpoint gets calls or not, as one sentence. */
export function whyEndpoint({ state, ejectionReason, remainingEjectionMs }: EndpointDetails, isPanic: boolean): string {
  switch (state) {
    case 'EJECTED': {
      const cause = ejectionReason === null ? 'It is an outlier' : ejections[ejectionReason];
      if (isPanic) return `${cause}, but too few endpoints are in service, so it gets calls all the same.`;
      if (remainingEjectionMs === 0)
        return `${cause}: it got no calls. The time is over: the next call is a trial call.`;
      const end = remainingEjectionMs === null ? '' : ` Ejected for another ${duration(remainingEjectionMs)}.`;
      return `${cause}: it gets no calls.${end}`;
    }
    case 'TRIAL':
      return 'Its ejection has ended: trial calls decide whether it gets its share again.';
    case 'SLOW_START':
      return 'It is back in service: its share of the calls grows.';
    case 'IN_SERVICE':
      return 'It is in service.';
  }
}

function endpointEdges(
  { problem, pools }: AccountReplica,
  before: AccountReplica | undefined,
  seconds: number,
  customers: readonly CustomerReplica[],
  gate: Gate | undefined,
): readonly EndpointEdge[] {
  const { endpoints = {}, isPanic = false } = pools[dependency] ?? {};
  return Object.entries(endpoints)
    .map(([endpoint, details]) => {
      const customer = customers.find(({ address }) => address === endpoint)?.name ?? endpoint;
      const about = {
        endpoint,
        customer,
        inFlightCalls: details.inFlightCalls,
        ejections: details.numberOfEjections,
      };
      if (problem !== null) {
        const why = 'The replica of account is unreachable.';
        return {
          ...noFlow,
          ...about,
          state: 'UNKNOWN' as const,
          status: 'unknown' as const,
          blockedBy: null,
          why,
        };
      }
      const flow = callsBetween(before?.pools[dependency]?.endpoints[endpoint], details, seconds);
      return { ...flow, ...about, state: details.state, ...judge(flow, details, isPanic, gate) };
    })
    .toSorted((a, b) => (a.customer < b.customer ? -1 : 1));
}

function callsBetween(before: EndpointDetails | undefined, after: EndpointDetails, seconds: number): Flow {
  const latencyMs = after.latencyMs > 0 ? after.latencyMs : null;
  const failed = after.numberOfFailedCalls - (before?.numberOfFailedCalls ?? 0);
  const successful = after.numberOfSuccessfulCalls - (before?.numberOfSuccessfulCalls ?? 0);
  // Counts of a restarted replica begin again.
  if (before === undefined || seconds <= 0 || failed < 0 || successful < 0) {
    return { perSecond: null, latencyMs, errorRate: null };
  }
  const calls = failed + successful;
  return { perSecond: calls / seconds, latencyMs, errorRate: calls === 0 ? null : (failed / calls) * 100 };
}

function judge(
  flow: Flow,
  details: EndpointDetails,
  isPanic: boolean,
  gate: Gate | undefined,
): Pick<EndpointEdge, 'status' | 'blockedBy' | 'why'> {
  if (gate?.state === 'OPEN' || gate?.state === 'FORCED_OPEN') {
    const why = `The circuit breaker ${gate.name} is open. ${gate.why}`;
    return { status: 'blocked', blockedBy: 'circuit breaker', why };
  }
  const why = whyEndpoint(details, isPanic);
  if (details.state === 'EJECTED' && !isPanic) return { status: 'blocked', blockedBy: 'ejection', why };
  const status = statusOf(flow);
  if (status === 'failing') {
    return { status, blockedBy: null, why: `${percent(flow.errorRate ?? 0)} of its calls fail. ${why}` };
  }
  if (gate?.state === 'HALF_OPEN') return { status: 'limited', blockedBy: null, why: gate.why };
  return { status: details.state === 'IN_SERVICE' ? status : 'limited', blockedBy: null, why };
}

function customerNode({ name, problem, activeFaults, latencySeconds }: CustomerReplica): CustomerNode {
  if (problem !== null) return { name, problem, condition: `unreachable: ${problem}`, isHealthy: false };
  const latency = !latencySeconds ? undefined : `latency ${duration(latencySeconds * 1_000)}`;
  const faults = activeFaults.filter((fault) => fault !== 'latency');
  const condition = [...faults, latency].filter((each) => each !== undefined).join(' · ') || 'no faults';
  return { name, problem, condition, isHealthy: faults.length === 0 };
}

function unknownCustomer(name: string): CustomerNode {
  return { name, problem: null, condition: 'known to account alone', isHealthy: true };
}
