import type { LoadPlan } from './k6/load-plan.ts';

/** What is to be wrong with the customer services, all of it; docs/faults.md says what there is. */
export interface CustomerFaults {
  readonly latency?: string;
  readonly hang?: { readonly rate: number };
  readonly errors?: readonly { readonly status: number; readonly rate: number }[];
  readonly capacity?: { readonly workers: number; readonly queue: number; readonly abandonedWork?: 'kept' | 'dropped' };
}

/** Something that is done to the system while load is on it. */
export type Action =
  | { readonly kind: 'customer'; readonly faults: CustomerFaults }
  /** A crash (SIGKILL). */
  | { readonly kind: 'kill'; readonly replicas: readonly string[] }
  /** New processes in the place of those, which are asked to end if they still run. Done when they take work. */
  | { readonly kind: 'restart'; readonly replicas: readonly string[] }
  /** PostgreSQL crashes, or comes back. */
  | { readonly kind: 'database'; readonly state: 'stopped' | 'started' };

/** One action of a timeline. */
export interface Step {
  /** Seconds after the phase `during` begins; a step waits for the one before. */
  readonly at: number;
  readonly title: string;
  readonly action: Action;
}

/** How long the phases last, in seconds. Before them there is a warm-up, which nothing is judged by. */
export interface Durations {
  readonly before: number;
  readonly during: number;
  readonly after: number;
}

/** Between which engines, or settings, a scenario tells the difference. */
export type Variant = 'as-configured' | 'retries-without-budget' | 'retries-within-budget';

/** A limit that a run of ours has to keep; which of them a scenario has to is its claim in numbers. */
export type Threshold =
  /** Share of arrivals in phase `during` that were told what became of them in time, at least. */
  | { readonly kind: 'goodput'; readonly atLeast: number }
  /** The same over all phases. */
  | { readonly kind: 'goodput-overall'; readonly atLeast: number }
  /** Answers 5xx from the begin of `during` on, at most. */
  | { readonly kind: 'server-errors'; readonly atMost: number }
  /** p99 from the moment on at which every circuit breaker had opened until the fault ends, in milliseconds. */
  | { readonly kind: 'p99-protected'; readonly atMostMs: number }
  /** p99 of phase `during`, in milliseconds. */
  | { readonly kind: 'p99-during'; readonly atMostMs: number }
  | { readonly kind: 'time-to-protect'; readonly atMostMs: number }
  | { readonly kind: 'time-to-recover'; readonly atMostMs: number }
  /** Questions a second that customer got while protected, as a share of those before. */
  | { readonly kind: 'customer-load-protected'; readonly atMost: number }
  /** Questions that customer got in phase `during` for each arrival. */
  | { readonly kind: 'questions-per-arrival'; readonly atMost: number }
  /** Memory of the services in the last third of a run over that in the third before. */
  | { readonly kind: 'memory-growth'; readonly atMost: number }
  /** Mean event-loop lag (p99 of each second) in the last third of a run, over that in the third before, in milliseconds. */
  | { readonly kind: 'event-loop-lag-growth'; readonly atMostMs: number };

/** A claim about the system, and how it is put to the test. */
export interface Scenario {
  readonly name: string;
  /** One sentence that may turn out wrong. */
  readonly claim: string;
  readonly durations: Durations;
  /** For CI, and for who is in a hurry: no shorter than what the thresholds need. */
  readonly short: Durations;
  /** Requests a second, unless `load` says otherwise. */
  readonly rate: number;
  /** Load that changes; without a warm-up, which is added at its first rate. */
  readonly load?: (durations: Durations) => Pick<LoadPlan, 'startRate' | 'stages'>;
  /** What customer is like while all is well. Default: it answers within 20 ms. */
  readonly healthy?: CustomerFaults;
  readonly steps?: (durations: Durations) => readonly Step[];
  /** Settings that are run one after the other, and told apart. Default: as configured, alone. */
  readonly variants?: readonly Variant[];
  readonly thresholds: (variant: Variant) => readonly Threshold[];
  /** Whether its thresholds can be judged on a system that only its URL is known of. */
  readonly needsOwnSystem: boolean;
}

/** What customer is like while all is well. */
export const healthyCustomer: CustomerFaults = { latency: '20ms' };

/** Waits of `waitDurationInOpenState` (apps/account/resilience.yml), and what finding out that all is well may take. */
export const recoveryAllowedMs = 10_000 + 2_000;

/** What every failure of customer is held to: a client hardly notices. */
export const clientsHardlyNotice: readonly Threshold[] = [
  { kind: 'goodput', atLeast: 0.99 },
  { kind: 'server-errors', atMost: 0 },
];

/** What an outage is held to beside it, which the circuit breakers notice for good. */
export const customerIsLeftAlone: readonly Threshold[] = [
  ...clientsHardlyNotice,
  { kind: 'p99-protected', atMostMs: 100 },
  { kind: 'time-to-recover', atMostMs: recoveryAllowedMs },
  { kind: 'customer-load-protected', atMost: 0.01 },
];

/** A fault of customer that begins with the phase `during` and ends with it. */
export function whileCustomer(title: string, faults: CustomerFaults): (durations: Durations) => readonly Step[] {
  return ({ during }) => [
    { at: 0, title, action: { kind: 'customer', faults } },
    { at: during, title: 'customer is well', action: { kind: 'customer', faults: healthyCustomer } },
  ];
}

/** Long enough for the wait in OPEN (10 s) in `during`, and for the recovery in `after`. */
export const usualDurations: Pick<Scenario, 'durations' | 'short'> = {
  durations: { before: 10, during: 30, after: 25 },
  short: { before: 5, during: 15, after: 17 },
};
