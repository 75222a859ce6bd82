import type { CallEndpoint, UsedEndpoints } from '../call-endpoints.ts';
import type { Clock } from '../clock.ts';
import type { EventDetails } from '../events.ts';
import { HealthProber } from '../health-prober.ts';
import type { Random } from '../interval-function.ts';
import type { EndpointPoolEvents } from './endpoint-pool.events.ts';
import type { EndpointPoolConfig } from './endpoint-pool.options.ts';
import { healthProbeOf } from './endpoint-health.ts';
import type { InFlightCall } from './in-flight-calls.ts';
import { LoadBalancer } from './load-balancer.ts';
import { outlierReason } from './outlier-detection.ts';
import { type EjectedHealth, type EjectionReason, type EndpointOutcome, PooledEndpoint } from './pooled-endpoint.ts';

/** The options that decide about health probes. */
const probeOptions = ['healthProbe', 'healthProbePath', 'healthProbeInterval', 'healthProbeTimeout'] as const;

export type EmitEndpointPoolEvent = <K extends keyof EndpointPoolEvents>(
  type: K,
  details: EventDetails<EndpointPoolEvents[K], 'endpointPoolName'>,
) => void;

/** The endpoints of a pool: which of them get calls, and what their calls show. */
export class EndpointSet {
  readonly #emit: EmitEndpointPoolEvent;
  readonly #balancer: LoadBalancer;
  readonly #clock: Clock;
  #config: EndpointPoolConfig;
  #all: readonly PooledEndpoint[] = [];
  /** Those that get calls: in service, or in panic all. */
  #candidates: readonly PooledEndpoint[] = [];
  #trials: readonly PooledEndpoint[] = [];
  #isPanic = false;
  /** When time alone changes a state. */
  #changesAt = Number.POSITIVE_INFINITY;

  constructor(config: EndpointPoolConfig, clock: Clock, random: Random, emit: EmitEndpointPoolEvent) {
    this.#config = config;
    this.#clock = clock;
    this.#balancer = new LoadBalancer(random);
    this.#emit = emit;
  }

  get all(): readonly PooledEndpoint[] {
    return this.#all;
  }

  get isPanic(): boolean {
    return this.#isPanic;
  }

  reconfigure(config: EndpointPoolConfig): void {
    const before = this.#config;
    const isNewWindow = config.slidingWindowSize !== before.slidingWindowSize;
    const areNewProbes = probeOptions.some((option) => config[option] !== before[option]);
    this.#config = config;
    if (areNewProbes) for (const endpoint of this.#all) if (endpoint.state === 'EJECTED') this.#startProber(endpoint);
    if (isNewWindow) for (const endpoint of this.#all) endpoint.restartEvidence(config);
    this.#refresh();
  }

  /** Replaces the set. Endpoints that stay keep their state. */
  replace(addresses: readonly CallEndpoint[], now: number): void {
    const before = this.#all;
    this.#all = addresses.map(
      ({ url, name }) =>
        before.find((known) => known.url === url && known.name === name) ??
        new PooledEndpoint({ url, name }, this.#config.slidingWindowSize, now),
    );
    const added = this.#all.filter((endpoint) => !before.includes(endpoint));
    const removed = before.filter((endpoint) => !this.#all.includes(endpoint));
    for (const endpoint of removed) {
      endpoint.isOutOfService = true;
      stopProber(endpoint);
    }
    this.#refresh();
    for (const { url, name } of added) this.#emit('ENDPOINT_ADDED', { endpoint: name, url });
    for (const { url, name } of removed) this.#emit('ENDPOINT_REMOVED', { endpoint: name, url });
  }

  /**
   * @param given the endpoints of other attempts, if they are of the same call
   * @returns `undefined` when there is no endpoint
   */
  choose(given: UsedEndpoints | undefined, now: number): PooledEndpoint | undefined {
    this.advance(now);
    const used = given?.areOfOneCall === true && given.count > 0 ? given : undefined;
    if (this.#trials.length > 0 && used === undefined) {
      const trial = this.#trials.find(({ evidence }) => evidence.trialsInFlight === 0);
      if (trial !== undefined) return trial;
    }
    const candidates = used === undefined ? this.#candidates : unusedFirst(this.#candidates, used);
    return candidates.length === 0 ? undefined : this.#balancer.choose(candidates, now, this.#config);
  }

  /** Ends the ejections and slow starts whose time has passed. */
  advance(now: number): void {
    if (now < this.#changesAt) return;
    const due = this.#all.filter((endpoint) => now >= endpoint.changesAt(this.#config));
    const ofTrials = due.filter(({ state }) => state === 'EJECTED');
    for (const endpoint of due) {
      endpoint.state = endpoint.state === 'EJECTED' ? 'TRIAL' : 'IN_SERVICE';
      stopProber(endpoint);
    }
    this.#refresh();
    for (const { name } of ofTrials) this.#emit('ENDPOINT_TRIAL', { endpoint: name });
  }

  onStart({ endpoint, evidence, isTrial }: InFlightCall): void {
    endpoint.inFlight++;
    if (isTrial) evidence.trialsInFlight++;
  }

  /** A call in flight has become slow. */
  onSlow({ endpoint, evidence, isTrial, startedAt }: InFlightCall, now: number): void {
    if (endpoint.evidence !== evidence) return;
    endpoint.latency.observeAtLeast(now - startedAt, now, this.#config.decayTime);
    evidence.recordSlowInFlight();
    this.#judge(endpoint, isTrial, 'failed', now);
  }

  onEnd(call: InFlightCall, outcome: EndpointOutcome, now: number): void {
    const { endpoint, evidence, isTrial, startedAt } = call;
    const { decayTime, slowCallDurationThreshold } = this.#config;
    const elapsedMs = now - startedAt;
    endpoint.inFlight--;
    if (isTrial) evidence.trialsInFlight--;
    if (outcome === 'success') endpoint.numberOfSuccessfulCalls++;
    else if (outcome !== 'ignored') endpoint.numberOfFailedCalls++;
    // The endpoint has been ejected since the call started, which this call must not repeat.
    if (endpoint.evidence !== evidence) return;
    if (outcome === 'success') endpoint.latency.observe(elapsedMs, now, decayTime);
    else endpoint.latency.observeAtLeast(elapsedMs, now, decayTime);
    if (outcome === 'ignored') return;
    const isSlow = elapsedMs > slowCallDurationThreshold;
    if (call.isSlow) evidence.recordEndOfSlow(outcome);
    else evidence.record(outcome, isSlow);
    this.#judge(endpoint, isTrial, outcome === 'success' && !isSlow ? 'succeeded' : 'failed', now);
  }

  /** Stops all health probes. */
  dispose(): void {
    for (const endpoint of this.#all) stopProber(endpoint);
  }

  /** Without end, and beyond the limit of outlier detection if need be. */
  ejectByHand(endpoint: PooledEndpoint, now: number): void {
    this.#eject(endpoint, 'MANUAL', now);
  }

  restore(endpoint: PooledEndpoint, now: number): void {
    if (endpoint.isInService) return;
    stopProber(endpoint);
    endpoint.restore(this.#latencyInService(now), now, this.#config);
    this.#refresh();
    this.#emit('ENDPOINT_RESTORED', { endpoint: endpoint.name });
  }

  #judge(endpoint: PooledEndpoint, isTrial: boolean, result: 'succeeded' | 'failed', now: number): void {
    const { outlierDetectionEnabled, permittedNumberOfTrialCalls } = this.#config;
    if (endpoint.state === 'TRIAL') {
      if (!isTrial) return;
      if (result === 'failed') this.#eject(endpoint, 'TRIAL_FAILED', now);
      else if (++endpoint.evidence.successfulTrials >= permittedNumberOfTrialCalls) this.restore(endpoint, now);
      return;
    }
    // In panic, ejected endpoints get calls too.
    if (!outlierDetectionEnabled || endpoint.state === 'EJECTED' || !this.#all.includes(endpoint)) return;
    const reason = outlierReason(endpoint, this.#all, this.#config);
    const isPrevented =
      reason !== undefined &&
      this.#numberOutOfService() >= maxOutOfService(this.#all.length, this.#config.maxEjectionPercent);
    if (reason !== undefined && !isPrevented) return this.#eject(endpoint, reason, now);
    if (isPrevented === endpoint.isEjectionPrevented) return;
    endpoint.isEjectionPrevented = isPrevented;
    this.#refresh();
    if (isPrevented) this.#emit('EJECTION_PREVENTED', { endpoint: endpoint.name, reason });
  }

  #eject(endpoint: PooledEndpoint, reason: EjectionReason, now: number): void {
    const durationMs = endpoint.eject(reason, now, this.#config);
    this.#startProber(endpoint);
    this.#refresh();
    const ejectionTimeMs = Number.isFinite(durationMs) ? durationMs : undefined;
    const { name, numberOfEjections } = endpoint;
    this.#emit('ENDPOINT_EJECTED', { endpoint: name, reason, ejectionTimeMs, numberOfEjections });
  }

  /** Replaces that of an earlier ejection. */
  #startProber(endpoint: PooledEndpoint): void {
    stopProber(endpoint);
    const probe = healthProbeOf(endpoint.address, this.#config);
    if (probe === undefined || endpoint.ejectionReason === 'MANUAL') return;
    const prober = new HealthProber(probe, this.#config, this.#clock, (isHealthy, error) =>
      this.#onProbe(endpoint, health, isHealthy, error),
    );
    const health: EjectedHealth = { prober, isHealthy: false, hasFailed: false };
    endpoint.health = health;
    prober.start();
  }

  #onProbe(endpoint: PooledEndpoint, health: EjectedHealth, isHealthy: boolean, error: unknown): void {
    const now = this.#clock.now();
    health.isHealthy = isHealthy;
    if (!isHealthy) health.hasFailed = true;
    // It was unhealthy and is not any more. One that has always been healthy was ejected for what probes do not see.
    else if (health.hasFailed) endpoint.ejectedUntil = now;
    this.#refresh();
    this.#emit('HEALTH_PROBE', { endpoint: endpoint.name, isHealthy, error });
    this.advance(now);
  }

  #numberOutOfService(): number {
    return this.#all.reduce((sum, endpoint) => sum + (endpoint.isInService ? 0 : 1), 0);
  }

  #latencyInService(now: number): number {
    const latencies = this.#all
      .filter(({ isInService }) => isInService)
      .map(({ latency }) => latency.at(now, this.#config.decayTime));
    return latencies.length === 0 ? 0 : latencies.reduce((sum, each) => sum + each, 0) / latencies.length;
  }

  /** Computes what depends on the states of all endpoints. */
  #refresh(): void {
    const all = this.#all;
    const inService = all.filter((endpoint) => endpoint.isInService);
    const isTooFew = inService.length * 100 < this.#config.panicThreshold * all.length;
    const wasPanic = this.#isPanic;
    this.#isPanic = all.length > 0 && (isTooFew || inService.length === 0);
    this.#candidates = this.#isPanic ? all : inService;
    this.#trials = this.#isPanic ? [] : all.filter(({ state }) => state === 'TRIAL');
    // Where those in service are as bad, the ejections have helped nothing, and each call is evidence against the dependency.
    const isHelped = !this.#isPanic && inService.some((endpoint) => !endpoint.isEjectionPrevented);
    for (const endpoint of all) endpoint.isOutOfService = isHelped && !endpoint.isInService;
    this.#changesAt = Math.min(Number.POSITIVE_INFINITY, ...all.map((endpoint) => endpoint.changesAt(this.#config)));
    if (this.#isPanic === wasPanic) return;
    const details = { endpointsInService: inService.length, numberOfEndpoints: all.length };
    this.#emit(this.#isPanic ? 'PANIC_STARTED' : 'PANIC_ENDED', details);
  }
}

/** The most endpoints that outlier detection puts out of service: at least one of several, and never all. */
export function maxOutOfService(numberOfEndpoints: number, maxEjectionPercent: number): number {
  const allowed = Math.floor((numberOfEndpoints * maxEjectionPercent) / 100);
  return Math.max(0, Math.min(Math.max(1, allowed), numberOfEndpoints - 1));
}

/** Without its probes, an ejection ends by time alone. */
function stopProber(endpoint: PooledEndpoint): void {
  endpoint.health?.prober.stop();
  endpoint.health = undefined;
}

/** Those that the call has not used; if there are none, those but the latest, so that a repetition goes elsewhere. */
function unusedFirst(candidates: readonly PooledEndpoint[], used: UsedEndpoints): readonly PooledEndpoint[] {
  const unused = candidates.filter((endpoint) => !used.has(endpoint));
  if (unused.length > 0) return unused;
  const others = candidates.filter((endpoint) => endpoint !== used.latest);
  return others.length > 0 ? others : candidates;
}
