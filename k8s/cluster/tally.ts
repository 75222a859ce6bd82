import { type Outcome, outcomeOf, outcomes } from '@breakwater/system-runner/ledger';
import { latenciesOf } from '@breakwater/system-runner/percentiles';
import type { SentRequest } from './in-pod/open-accounts.ts';

/** What the clients of one load received. */
export interface Tally {
  readonly requests: number;
  /** Requests without a success. */
  readonly lost: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** The reasons of lost requests, such as `502 bad-gateway: 3`. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Of all requests, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Whether a request was settled: it need not be sent again. */
export const isSuccess = (request: SentRequest): boolean => !['refused', 'failed'].includes(outcomeOf(request));

/** Whether account itself refused a request, and says when to send it again. */
export const isOrderlyRefusal = ({ status, hasRetryAfter = false }: SentRequest): boolean =>
  status === 503 && hasRetryAfter;

export function tallyOf(requests: readonly SentRequest[]): Tally {
  const lost = requests.filter((request) => !isSuccess(request));
  const counts = Object.fromEntries(outcomes.map((each) => [each, 0])) as Record<Outcome, number>;
  for (const request of requests) counts[outcomeOf(request)] += 1;
  const { p50, p99 } = latenciesOf(requests.map(({ durationMs }) => durationMs));
  return {
    requests: requests.length,
    lost: lost.length,
    outcomes: counts,
    reasons: countsOf(lost.map(({ status, reason, connection }) => `${status} ${reason} (${connection} connection)`)),
    p50Ms: p50,
    p99Ms: p99,
  };
}

/** The number of equal texts. */
const countsOf = (texts: readonly string[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(texts, (text) => text)].map(([text, { length }]) => [text, length]));

/** `2 of 2000 requests were lost: 502 bad-gateway (new connection): 2`; undefined when none was. */
export function faultOf({ requests, lost, reasons }: Tally): string | undefined {
  if (lost === 0) return undefined;
  const listed = Object.entries(reasons).map(([reason, count]) => `${reason}: ${count}`);
  return `${lost} of ${requests} requests were lost: ${listed.join(', ')}`;
}

/** What clients received in one second. */
export interface Second {
  /** Seconds since the start. */
  readonly at: number;
  readonly successes: number;
  /** Successes that customer did not verify at once. */
  readonly unverified: number;
  readonly lost: number;
}

/** @param start the start by `Date.now()` */
export function secondsOf(requests: readonly SentRequest[], start: number): Second[] {
  const bySecond = Map.groupBy(requests, ({ at }) => Math.floor((at - start) / 1_000));
  return [...bySecond]
    .toSorted(([one], [other]) => one - other)
    .map(([at, sent]) => ({
      at,
      successes: sent.filter(isSuccess).length,
      unverified: sent.filter((each) => ['last good value', 'accepted for later'].includes(outcomeOf(each))).length,
      lost: sent.filter((each) => !isSuccess(each)).length,
    }));
}
