import type { CallEndpoint, UsedEndpoint } from '../call-endpoints.ts';
import type { HealthProber } from '../health-prober.ts';
import type { EndpointPoolConfig } from './endpoint-pool.options.ts';
import { OutcomeWindow } from './outcome-window.ts';
import { PeakEwma } from './peak-ewma.ts';

export const endpointStates = ['IN_SERVICE', 'SLOW_START', 'EJECTED', 'TRIAL'] as const;

/**
 * Whether an endpoint gets calls: `IN_SERVICE` all of its share, `SLOW_START` a growing part of it, `EJECTED` none, `TRIAL`
 * trial calls one at a time.
 */
export type EndpointState = (typeof endpointStates)[number];

export const ejectionReasons = [
  'CONSECUTIVE_FAILURES',
  'CONSECUTIVE_CONNECTION_ERRORS',
  'CONSECUTIVE_SLOW_CALLS',
  'FAILURE_RATE',
  'SLOW_CALL_RATE',
  'SUCCESS_RATE',
  'TRIAL_FAILED',
  'MANUAL',
] as const;

/** Why an endpoint was ejected. `MANUAL` is by hand. */
export type EjectionReason = (typeof ejectionReasons)[number];

/** What a call shows about its endpoint. A connection error is a call without a response. */
export type EndpointOutcome = 'success' | 'serviceError' | 'connectionError' | 'ignored';

/** One endpoint of a pool, for display. */
export interface EndpointSnapshot extends CallEndpoint {
  readonly state: EndpointState;
  /** Why it is out of service; `undefined` while it is in service. */
  readonly ejectionReason: EjectionReason | undefined;
  /** Milliseconds until the ejection ends; `undefined` if it is not ejected, or by hand. */
  readonly remainingEjectionMs: number | undefined;
  readonly inFlightCalls: number;
  /** The recent latency that the choice uses, in milliseconds; 0 before the first call. */
  readonly latencyMs: number;
  /** Percent, of the calls since the last ejection in the window; 0 without calls. */
  readonly failureRate: number;
  /** Percent, of the calls since the last ejection in the window; 0 without calls. */
  readonly slowCallRate: number;
  readonly numberOfSuccessfulCalls: number;
  readonly numberOfFailedCalls: number;
  readonly numberOfEjections: number;
}

/** The minimum of the share of an endpoint in slow start, as in Envoy (`min_weight_percent`). */
const minWeight = 0.1;

/** The evidence about an endpoint since it was last ejected. An ejection discards it, so that late ends have no effect. */
export class EndpointEvidence {
  readonly window: OutcomeWindow;
  consecutiveFailures = 0;
  consecutiveConnectionErrors = 0;
  consecutiveSlowCalls = 0;
  trialsInFlight = 0;
  successfulTrials = 0;

  constructor(windowSize: number) {
    this.window = new OutcomeWindow(windowSize);
  }

  /** A connection error says nothing about the service, so it leaves the count of service errors. */
  record(outcome: Exclude<EndpointOutcome, 'ignored'>, isSlow: boolean): void {
    if (outcome === 'connectionError') {
      this.consecutiveConnectionErrors++;
    } else {
      this.consecutiveConnectionErrors = 0;
      this.consecutiveFailures = outcome === 'serviceError' ? this.consecutiveFailures + 1 : 0;
    }
    this.consecutiveSlowCalls = isSlow ? this.consecutiveSlowCalls + 1 : 0;
    this.window.add(outcome !== 'success', isSlow);
  }

  /** A call in flight has become slow. Its end is no second entry of the window. */
  recordSlowInFlight(): void {
    this.consecutiveSlowCalls++;
    this.window.add(false, true);
  }

  /** The end of a call that has been recorded as slow. */
  recordEndOfSlow(outcome: Exclude<EndpointOutcome, 'ignored'>): void {
    if (outcome === 'connectionError') this.consecutiveConnectionErrors++;
    else if (outcome === 'serviceError') this.consecutiveFailures++;
  }
}

/** What the health probes of an ejection have shown. */
export interface EjectedHealth {
  readonly prober: HealthProber;
  /** Whether the latest probe succeeded; false before the first one. */
  isHealthy: boolean;
  hasFailed: boolean;
}

/** One endpoint of a pool with its state and its statistics. */
export class PooledEndpoint implements UsedEndpoint {
  readonly url: string;
  readonly name: string;
  /** What calls get, without state. */
  readonly address: CallEndpoint;
  readonly latency: PeakEwma;
  state: EndpointState = 'IN_SERVICE';
  /** Set by the pool, which knows whether another endpoint works. */
  isOutOfService = false;
  inFlight = 0;
  evidence: EndpointEvidence;
  ejectionReason: EjectionReason | undefined;
  /** When the ejection ends, if a health probe does not prolong it; infinite by hand. */
  ejectedUntil = 0;
  /** Of this ejection; `undefined` when no health probe is configured. */
  health: EjectedHealth | undefined;
  numberOfEjections = 0;
  numberOfSuccessfulCalls = 0;
  numberOfFailedCalls = 0;
  /** Whether an ejection was prevented since the last call that gave no reason for one. */
  isEjectionPrevented = false;
  /** By how many base times an ejection lasts; it falls with the time in service. */
  #ejectionMultiplier = 0;
  #restoredAt = 0;

  constructor({ url, name }: CallEndpoint, windowSize: number, now: number) {
    this.url = url;
    this.name = name;
    this.address = Object.freeze({ url, name });
    this.latency = new PeakEwma(now);
    this.evidence = new EndpointEvidence(windowSize);
  }

  get isInService(): boolean {
    return this.state === 'IN_SERVICE' || this.state === 'SLOW_START';
  }

  /** When time alone changes the state; infinite if it does not. */
  changesAt({ slowStartWindow }: EndpointPoolConfig): number {
    if (this.state === 'EJECTED')
      return this.health?.isHealthy === false ? Number.POSITIVE_INFINITY : this.ejectedUntil;
    return this.state === 'SLOW_START' ? this.#restoredAt + slowStartWindow : Number.POSITIVE_INFINITY;
  }

  /** The part of its share that it gets in slow start, from 0.1 to 1. */
  slowStartWeight(now: number, { slowStartWindow }: EndpointPoolConfig): number {
    return Math.max(minWeight, (now - this.#restoredAt) / slowStartWindow);
  }

  /** @returns how long the ejection lasts in milliseconds; infinite by hand */
  eject(reason: EjectionReason, now: number, config: EndpointPoolConfig): number {
    const ejectionTimeMs = reason === 'MANUAL' ? Number.POSITIVE_INFINITY : this.#nextEjectionTime(now, config);
    this.state = 'EJECTED';
    this.ejectionReason = reason;
    this.ejectedUntil = now + ejectionTimeMs;
    this.numberOfEjections++;
    this.isEjectionPrevented = false;
    this.evidence = new EndpointEvidence(config.slidingWindowSize);
    return ejectionTimeMs;
  }

  /** @param latencyMs of the endpoints in service: its own is that of the time when it failed */
  restore(latencyMs: number, now: number, { slidingWindowSize }: EndpointPoolConfig): void {
    // With a window of 0, it ends at once.
    this.state = 'SLOW_START';
    this.ejectionReason = undefined;
    this.#restoredAt = now;
    this.evidence = new EndpointEvidence(slidingWindowSize);
    this.latency.reset(latencyMs, now);
  }

  /** Discards the evidence; calls in flight have no effect on the new one. */
  restartEvidence({ slidingWindowSize }: EndpointPoolConfig): void {
    this.evidence = new EndpointEvidence(slidingWindowSize);
  }

  snapshot(now: number, { decayTime }: EndpointPoolConfig): EndpointSnapshot {
    const isTimed = this.state === 'EJECTED' && Number.isFinite(this.ejectedUntil);
    return {
      url: this.url,
      name: this.name,
      state: this.state,
      ejectionReason: this.ejectionReason,
      remainingEjectionMs: isTimed ? Math.max(0, this.ejectedUntil - now) : undefined,
      inFlightCalls: this.inFlight,
      latencyMs: this.latency.at(now, decayTime),
      failureRate: this.evidence.window.failureRate,
      slowCallRate: this.evidence.window.slowCallRate,
      numberOfSuccessfulCalls: this.numberOfSuccessfulCalls,
      numberOfFailedCalls: this.numberOfFailedCalls,
      numberOfEjections: this.numberOfEjections,
    };
  }

  /** Envoy's rule: the base time times a multiplier that grows with each ejection and falls with the time in service. */
  #nextEjectionTime(now: number, { baseEjectionTime, maxEjectionTime }: EndpointPoolConfig): number {
    const inServiceMs = this.isInService ? now - this.#restoredAt : 0;
    const decayed = Math.max(0, this.#ejectionMultiplier - Math.floor(inServiceMs / baseEjectionTime));
    this.#ejectionMultiplier = Math.min(decayed + 1, Math.ceil(maxEjectionTime / baseEjectionTime));
    return Math.min(baseEjectionTime * this.#ejectionMultiplier, maxEjectionTime);
  }
}
