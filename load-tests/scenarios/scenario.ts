import type { Faults } from '@breakwater/contracts';
import type { LoadPlan } from './k6/load-plan.ts';

/** An action on the system under load. */
export type Action =
  /** Faults of customer: of all replicas, or of one. */
  | { readonly kind: 'customer'; readonly faults: Faults; readonly replica?: string }
  /** A crash (SIGKILL). */
  | { readonly kind: 'kill'; readonly replicas: readonly string[] }
  /** Replaces processes, after a graceful shutdown of those that run. Ends when the new ones are ready. */
  | { readonly kind: 'restart'; readonly replicas: readonly string[] }
  /** Processes stop where they are (SIGSTOP): their connections stay open, and nothing responds. */
  | { readonly kind: 'freeze'; readonly replicas: readonly string[] }
  /** Frozen processes continue. */
  | { readonly kind: 'thaw'; readonly replicas: readonly string[] }
  /** PostgreSQL crashes, or starts. */
  | { readonly kind: 'database'; readonly state: 'stopped' | 'started' };

/** One action of a timeline. */
export interface Step {
  /** Seconds after the start of the phase `during`; a step waits for the previous one. */
  readonly at: number;
  readonly title: string;
  readonly action: Action;
}

/** The phases in seconds. A warm-up precedes them and is not judged. */
export interface Durations {
  readonly before: number;
  readonly during: number;
  readonly after: number;
}

/** Settings that a scenario compares. */
export type Variant =
  | 'as-configured'
  /** No value of an earlier call is used: as if no customer had been called before. */
  | 'cold-cache'
  /** A retry of every failure and nothing else: no circuit breaker, no bulkhead, no stale value. */
  | 'retries-without-budget'
  /** The same with account's retry budget. */
  | 'retries-within-budget'
  /** nginx takes the account services in turn and leaves none out. */
  | 'nginx-round-robin'
  /** The endpoint pool of account takes customer's replicas in turn and ejects none. */
  | 'round-robin-without-ejection';

/** Whether account's circuit breakers are in use: without them there is no engine to choose. */
export const hasCircuitBreaker = (variant: Variant): boolean =>
  variant !== 'retries-without-budget' && variant !== 'retries-within-budget';

/** Limits for a run on our engine: the claim of a scenario in numbers. Of shares it is the minimum, of others the maximum, unless stated otherwise. */
export interface Thresholds {
  /** Share of requests in phase `during` that were verified, also by a stale value, or accepted for later. */
  readonly settled?: number;
  /** Number of 5xx responses from the start of `during`. */
  readonly serverErrors?: number;
  /** p99 from the moment when every circuit breaker had opened until the fault ends. */
  readonly p99ProtectedMs?: number;
  /** p99 of phase `during`. */
  readonly p99DuringMs?: number;
  /** Share of requests from 2 s after the start of `during` until its end that customer itself verified. */
  readonly verifiedNow?: number;
  /** p99 of these requests. */
  readonly p99NoticedMs?: number;
  /** The largest share of the requests of the 60 s after the fault that customer verified: the system stays down. */
  readonly staysDown?: number;
  /** Ejections of replicas of customer that no fault hit. */
  readonly healthyEjected?: number;
  /** Ejections of those that it hit. */
  readonly faultyEjected?: number;
  /** Accounts whose circuit breaker was seen in another state than CLOSED in phase `during`. */
  readonly breakersLeftClosed?: number;
  /** From the end of the fault until the replica that it hit receives its share of the calls again. */
  readonly timeToShareMs?: number;
  /** The calls of the first 3 s in which this replica receives calls again, of an equal share of those before the fault. */
  readonly loadOnReturn?: number;
  readonly timeToProtectMs?: number;
  readonly timeToRecoverMs?: number;
  /** The same, however long responses take: with the capacity of these scenarios, 100 ms depend on the machine. */
  readonly timeToVerifyMs?: number;
  /** Calls per second to customer while protected, as a share of those before. */
  readonly customerLoadProtected?: number;
  /** Calls to customer per request in phase `during`. */
  readonly customerCallsPerArrival?: number;
  /** Requests that the load balancer sends to account, per request of a client in phase `during`. */
  readonly upstreamRequestsPerArrival?: number;
  /** Share of requests in phase `during` that are refused with 503: with fewer, there was no overload. */
  readonly refused?: number;
  /** Memory of the services in the last third of a run, divided by that in the second third. */
  readonly memoryGrowth?: number;
  /** Mean event-loop lag (p99 per second) in the last third of a run, minus that in the second third. */
  readonly eventLoopLagGrowthMs?: number;
}

/** A claim about the system and its test. */
export interface Scenario {
  readonly name: string;
  /** One sentence that a run can refute. */
  readonly claim: string;
  readonly durations: Durations;
  /** For CI: as short as the thresholds permit. */
  readonly short: Durations;
  /** Requests per second, unless `load` is set. */
  readonly rate: number;
  /** How long clients wait for a response. Default: 5. */
  readonly clientTimeoutSeconds?: number;
  /** Varying load without a warm-up, which is added at the first rate. */
  readonly load?: (durations: Durations) => Pick<LoadPlan, 'startRate' | 'stages'>;
  /** Variables of account in addition to those of every run. Default: none. */
  readonly account?: Readonly<Record<string, string>>;
  /** Customer's faults outside of the steps. Default: a latency of 20 ms. */
  readonly healthy?: Faults;
  readonly steps?: (durations: Durations) => readonly Step[];
  /** Settings to compare, one run each. Default: only as configured. */
  readonly variants?: readonly Variant[];
  /**
   * The settings of one more run, without the protection that the claim is about: the control arm. It has to miss a
   * threshold: one that holds without the protection is no evidence for the claim. Default: none.
   */
  readonly control?: Variant;
  /** Limits that the control arm has to keep. Default: none. */
  readonly controlThresholds?: Thresholds;
  readonly thresholds: (variant: Variant) => Thresholds;
  /** Whether a URL is enough to judge the thresholds. Default: false, they need a system that the runner starts. */
  readonly isMeasuredByClients?: boolean;
}

/** The settings of all runs of a scenario. The control arm is first: it shows which limits are evidence in the others. */
export const variantsOf = (
  { variants = ['as-configured'], control }: Scenario,
  { withControl }: { readonly withControl: boolean },
): readonly Variant[] => (control !== undefined && withControl ? [control, ...variants] : variants);

/** A healthy customer. */
export const healthyCustomer: Faults = { latency: '20ms' };

/** `waitDurationInOpenState` (apps/account/resilience.yml) plus the time for trial calls. */
export const maxRecoveryMs = 10_000 + 2_000;

/** Thresholds for every failure of customer: clients hardly notice it. */
export const clientsHardlyNotice: Thresholds = { settled: 0.99, serverErrors: 0 };

/** Thresholds for an outage of customer, in which the circuit breakers open. */
export const customerIsIsolated: Thresholds = {
  ...clientsHardlyNotice,
  p99ProtectedMs: 100,
  timeToRecoverMs: maxRecoveryMs,
  // Of 60 calls a second: three trial calls of each of two replicas of account every 11 s are 0.9 %, and a probe of the replica that
  // is ejected every 5 to 6 s by each of them 0.6 %. A slower probe would not notice within 15 s that the replica has returned.
  customerLoadProtected: 0.015,
};

/** Faults of customer for the whole phase `during`. */
export function whileCustomer(title: string, faults: Faults): (durations: Durations) => readonly Step[] {
  return ({ during }) => [
    { at: 0, title, action: { kind: 'customer', faults } },
    { at: during, title: 'customer is healthy', action: { kind: 'customer', faults: healthyCustomer } },
  ];
}

/** Long enough for `waitDurationInOpenState` (10 s) in `during` and for the recovery in `after`. */
export const usualDurations: Pick<Scenario, 'durations' | 'short'> = {
  durations: { before: 10, during: 30, after: 25 },
  short: { before: 5, during: 15, after: 17 },
};
