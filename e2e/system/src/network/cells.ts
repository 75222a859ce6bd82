import type { NetworkFault } from '@breakwater/system-runner/network';
import type { Disturbed, Observed, RequestKind } from './faulty-system.ts';

/** The connections that are disturbed, by their name in the results. */
const disturbed = {
  'nginx → both accounts': { edge: 'gateway-account' },
  'nginx → account-1': { edge: 'gateway-account', only: { to: 'account-1' } },
  'accounts → both customers': { edge: 'account-customer' },
  'accounts → customer-1': { edge: 'account-customer', only: { to: 'customer-1' } },
  'accounts → PostgreSQL': { edge: 'account-database' },
  'account-1 → PostgreSQL': { edge: 'account-database', only: { from: 'account-1' } },
  'customers → PostgreSQL': { edge: 'customer-database' },
  'customer-1 → PostgreSQL': { edge: 'customer-database', only: { from: 'customer-1' } },
} as const satisfies Readonly<Record<string, Disturbed>>;

/** The faults, by their name in the results. */
const faults = {
  'latency 100 ms': { kind: 'latency', ms: 100 },
  stall: { kind: 'stall' },
  'accept only': { kind: 'accept-only' },
  close: { kind: 'close' },
  reset: { kind: 'reset' },
  'half-open': { kind: 'half-open' },
  'slow reads': { kind: 'slow', direction: 'to-server', bytesPerSecond: 40 },
  'slow writes': { kind: 'slow', direction: 'to-client', bytesPerSecond: 40 },
  'partition to the server': { kind: 'partition', direction: 'to-server' },
  'partition to the client': { kind: 'partition', direction: 'to-client' },
  'partition both ways': { kind: 'partition', direction: 'both' },
} as const satisfies Readonly<Record<string, NetworkFault>>;

export type DisturbedName = keyof typeof disturbed;
export type FaultName = keyof typeof faults;

export const disturbedNames = Object.keys(disturbed) as DisturbedName[];
export const faultNames = Object.keys(faults) as FaultName[];

/** What clients may receive: each response is one of these. */
interface Expected extends Readonly<Record<RequestKind, readonly string[]>> {
  /** The limits of the slowest response: a fault that costs time must do so, and not more than that. */
  readonly atLeastMs: number;
  readonly atMostMs: number;
}

const verified = '201 ACTIVE by CUSTOMER';
const stale = '201 ACTIVE by LAST_GOOD';
const pending = '202 PENDING_VERIFICATION';
const found = '200 ACTIVE by CUSTOMER';

type Results = Readonly<Record<RequestKind, readonly string[]>>;

const works: Results = {
  known: [verified],
  fresh: [verified],
  unknown: ['422 unknown-customer'],
  read: [found],
};
const unverified: Results = { known: [stale], fresh: [pending], unknown: [pending], read: [found] };
const always = (result: string): Results => ({ known: [result], fresh: [result], unknown: [result], read: [result] });
const noDatabase = always('503 database-unavailable');
const noConnection = always('502 bad-gateway');
const noResponse = always('504 gateway-timeout');

const eitherOf = (one: Results, other: Results): Results => ({
  known: [...one.known, ...other.known],
  // Two requests are for the same customer: one of them may leave the stale value that the other gets.
  fresh: [...one.fresh, ...other.fresh, stale],
  unknown: [...one.unknown, ...other.unknown],
  read: [...one.read, ...other.read],
});

/** On a busy machine a response takes longer than its time limit by up to this. */
const marginMs = 2_500;
const within = (results: Results, atLeastMs: number, limitMs: number = atLeastMs): Expected => ({
  ...results,
  atLeastMs,
  atMostMs: limitMs + marginMs,
});
const atOnce = (results: Results): Expected => within(results, 0);

/** The same for every fault that keeps connections open and lets no response through in time. */
const silent = ['stall', 'accept only', 'slow reads', 'slow writes'] as const;
const partitions = ['partition to the server', 'partition to the client', 'partition both ways'] as const;
const whenSilent = (expected: Expected) =>
  Object.fromEntries([...silent, ...partitions].map((fault) => [fault, expected])) as Readonly<
    Record<(typeof silent)[number] | (typeof partitions)[number], Expected>
  >;

/** nginx waits for 6 s, and once more for another replica. */
const gatewayMs = 5_900;
/** The time limit of a call of customer, and that of a request's statements. */
const limitMs = 2_900;
/** Account makes a second attempt after an error of customer, until the deadline of the request. */
const requestMs = 5_000;

const expected: Readonly<Record<DisturbedName, Readonly<Record<FaultName, Expected>>>> = {
  'nginx → both accounts': {
    'latency 100 ms': within(works, 200),
    close: atOnce(noConnection),
    reset: atOnce(noConnection),
    'half-open': within(eitherOf(works, noResponse), gatewayMs, 2 * gatewayMs),
    ...whenSilent(within(noResponse, 2 * gatewayMs)),
  },
  'nginx → account-1': {
    'latency 100 ms': within(works, 200),
    close: atOnce(works),
    reset: atOnce(works),
    'half-open': within(works, gatewayMs),
    ...whenSilent(within(works, gatewayMs)),
  },
  'accounts → both customers': {
    'latency 100 ms': within(works, 200),
    close: atOnce(unverified),
    reset: atOnce(unverified),
    'half-open': within(eitherOf(works, unverified), limitMs),
    ...whenSilent(within(unverified, limitMs)),
  },
  'accounts → customer-1': {
    'latency 100 ms': within(works, 200),
    close: atOnce(works),
    reset: atOnce(works),
    'half-open': within(eitherOf(works, unverified), limitMs),
    ...whenSilent(within(eitherOf(works, unverified), limitMs)),
  },
  'accounts → PostgreSQL': {
    'latency 100 ms': within(works, 200),
    close: atOnce(noDatabase),
    reset: atOnce(noDatabase),
    'half-open': within(eitherOf(works, noDatabase), limitMs),
    ...whenSilent(within(noDatabase, limitMs)),
  },
  'account-1 → PostgreSQL': {
    'latency 100 ms': within(works, 200),
    close: atOnce(eitherOf(works, noDatabase)),
    reset: atOnce(eitherOf(works, noDatabase)),
    'half-open': within(eitherOf(works, noDatabase), limitMs),
    ...whenSilent(within(eitherOf(works, noDatabase), limitMs)),
  },
  'customers → PostgreSQL': {
    'latency 100 ms': within(works, 200),
    close: atOnce(unverified),
    reset: atOnce(unverified),
    'half-open': within(eitherOf(works, unverified), limitMs, requestMs),
    ...whenSilent(within(unverified, limitMs, requestMs)),
  },
  'customer-1 → PostgreSQL': {
    'latency 100 ms': within(works, 200),
    close: atOnce(works),
    reset: atOnce(works),
    'half-open': within(eitherOf(works, unverified), limitMs, requestMs),
    ...whenSilent(within(eitherOf(works, unverified), limitMs, requestMs)),
  },
};

/** One fault of one kind of connection. */
export interface Cell {
  readonly connection: DisturbedName;
  readonly fault: FaultName;
}

export const disturbedBy = ({ connection }: Cell): Disturbed => disturbed[connection];
export const faultOf = ({ fault }: Cell): NetworkFault => faults[fault];

/** How observations differ from what is expected; empty when they do not. */
export function differences({ connection, fault }: Cell, observed: Observed): string[] {
  const { atLeastMs, atMostMs, ...results } = expected[connection][fault];
  const { slowestMs } = observed;
  const unexpected = (Object.keys(results) as RequestKind[]).flatMap((kind) =>
    observed[kind]
      .filter((result) => !results[kind].includes(result))
      .map((result) => `${kind}: ${result} instead of ${results[kind].join(' or ')}`),
  );
  if (slowestMs < atLeastMs) unexpected.push(`the slowest response took ${slowestMs} ms, not even ${atLeastMs} ms`);
  if (slowestMs > atMostMs) unexpected.push(`the slowest response took ${slowestMs} ms, more than ${atMostMs} ms`);
  return unexpected;
}
