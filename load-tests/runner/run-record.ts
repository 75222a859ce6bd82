import type { LedgerViolation } from '@breakwater/system-runner/ledger';
import type { Variant } from '../scenarios/scenario.ts';

/** On which engine the circuit breaker in front of customer runs; `none` is account without any protection. */
export type Engine = 'sliding-window' | 'opossum' | 'none';

/** One request as its client saw it. Times are in milliseconds, from the moment on at which load began. */
export interface ClientRequest {
  readonly key: string;
  readonly customerId: string;
  readonly atMs: number;
  readonly durationMs: number;
  /** 0 where there was no answer. */
  readonly status: number;
  readonly accountId?: string;
  /** Who said that the customer exists, where an account was opened. */
  readonly verifiedBy?: string;
}

export type PhaseName = 'warm-up' | 'before' | 'during' | 'after';

export interface Phase {
  readonly name: PhaseName;
  readonly fromMs: number;
  readonly toMs: number;
}

/** States of a replica's circuit breaker in front of customer; `GONE` when the replica did not answer. */
export interface BreakerSample {
  readonly atMs: number;
  readonly states: Readonly<Record<string, string>>;
}

/** What the services said of themselves at one moment. */
export interface ServiceSample {
  readonly atMs: number;
  /** Questions that customer had got until then, over all replicas, whatever became of them. */
  readonly questions: number;
  /** Resident memory of each replica, in bytes. */
  readonly memoryBytes: Readonly<Record<string, number>>;
  /** p99 of the event-loop lag of each replica since the sample before, in milliseconds. */
  readonly eventLoopLagMs: Readonly<Record<string, number>>;
  /** Processors in use, by k6 and by everything on the machine; undefined where the platform does not tell. */
  readonly processors?: { readonly generator: number; readonly machine: number };
}

/** Something that was done to the system. */
export interface Mark {
  readonly atMs: number;
  readonly title: string;
}

/** How the answers compare with what is in the database. */
export interface LedgerVerdict {
  readonly requests: number;
  readonly accounts: number;
  /** Requests without an answer, which were repeated under their key until there was one. */
  readonly askedAgain: number;
  readonly findings: readonly LedgerViolation[];
}

/** Everything a run is judged by. */
export interface RunRecord {
  readonly scenario: string;
  readonly engine: Engine;
  readonly variant: Variant;
  readonly isShort: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The machine in general terms. */
  readonly machine: { readonly processors: number; readonly description: string };
  readonly phases: readonly Phase[];
  readonly marks: readonly Mark[];
  readonly requests: readonly ClientRequest[];
  readonly breakers: readonly BreakerSample[];
  readonly services: readonly ServiceSample[];
  /** Requests that could not begin when they were due. */
  readonly droppedRequests: number;
  readonly ledger: LedgerVerdict | undefined;
  /** What could not be done or seen, a sentence each. */
  readonly omissions: readonly string[];
}
