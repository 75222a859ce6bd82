import type { LedgerResult } from '@breakwater/system-runner/ledger';
import type { Variant } from '../scenarios/scenario.ts';
import type { Engine } from './engines.ts';
import type { ProcessorUse } from './processor-use.ts';

/** One request of a client. Times are in milliseconds since the start of the load. */
export interface ClientRequest {
  readonly key: string;
  readonly customerId: string;
  readonly atMs: number;
  readonly durationMs: number;
  /** 0 without a response. */
  readonly status: number;
  readonly accountId?: string;
  /** The source of the verification when an account was opened. */
  readonly verifiedBy?: string;
}

export type PhaseName = 'warm-up' | 'before' | 'during' | 'after';

export interface Phase {
  readonly name: PhaseName;
  readonly fromMs: number;
  readonly toMs: number;
}

/** State of each replica's circuit breaker for customer; `GONE` when the replica was not running. */
export interface BreakerSample {
  readonly atMs: number;
  readonly states: Readonly<Record<string, string>>;
}

/** Metrics of the services at one moment. */
export interface ServiceSample {
  readonly atMs: number;
  /** Calls that each replica of customer had received, with any result. */
  readonly customerCalls: Readonly<Record<string, number>>;
  /** Calls that wait for a worker of each replica of customer, whose capacity is finite. */
  readonly waitingCalls: Readonly<Record<string, number>>;
  /** How often the endpoint pools of account have ejected each replica of customer. */
  readonly ejections: Readonly<Record<string, number>>;
  /** Resident memory of each replica, in bytes. */
  readonly memoryBytes: Readonly<Record<string, number>>;
  /** p99 of the event-loop lag of each replica since the previous sample, in milliseconds. */
  readonly eventLoopLagMs: Readonly<Record<string, number>>;
  /** Processors in use; undefined when the platform does not report them. */
  readonly processors?: ProcessorUse;
}

/** A request of a client in the log of the load balancer. */
export interface ForwardedRequest {
  /** Its arrival in milliseconds since the start of the load; nginx logs whole seconds. */
  readonly atMs: number;
  /** How often it was sent to a replica. */
  readonly attempts: number;
}

/** An action on the system. */
export interface Mark {
  readonly atMs: number;
  readonly title: string;
}

/** The recorded data of a run. */
export interface RunRecord {
  readonly scenario: string;
  readonly engine: Engine;
  readonly variant: Variant;
  readonly isShort: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  /** A general description of the machine. */
  readonly machine: { readonly processors: number; readonly description: string };
  readonly phases: readonly Phase[];
  readonly marks: readonly Mark[];
  /** The replicas of customer that a fault hit, when it did not hit all. */
  readonly faultyReplicas: readonly string[];
  readonly requests: readonly ClientRequest[];
  readonly breakers: readonly BreakerSample[];
  readonly services: readonly ServiceSample[];
  /** What the load balancer did with the requests; empty when its log was not read. */
  readonly forwarded: readonly ForwardedRequest[];
  /** Requests that could not start in time. */
  readonly droppedRequests: number;
  readonly ledger: LedgerResult | undefined;
  /** What was not performed or measured, a sentence each. */
  readonly omissions: readonly string[];
}
