import { BasePolicy } from '../base-policy.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Random } from '../interval-function.ts';
import type { ClassifiedOutcome } from '../outcome.ts';
import {
  abortSourceOf,
  type CallContext,
  callContext,
  invokeCall,
  type ProtectedCall,
  rejectionIfAborted,
  toCallContext,
  whenAborted,
} from '../policy.ts';
import { withResolvers } from '../with-resolvers.ts';
import { NoEndpointAvailableError } from './endpoint-pool.errors.ts';
import type { EndpointPoolEvents } from './endpoint-pool.events.ts';
import { type EndpointPoolConfig, type EndpointPoolOptions, endpointPoolOptions } from './endpoint-pool.options.ts';
import { DnsResolver, type EndpointDns, nameOf, systemDns } from './endpoint-resolver.ts';
import { EndpointSet } from './endpoint-set.ts';
import { EndpointSource } from './endpoint-source.ts';
import { InFlightCall, InFlightCalls } from './in-flight-calls.ts';
import { judgeCall } from './outlier-detection.ts';
import type { EndpointSnapshot, PooledEndpoint } from './pooled-endpoint.ts';

/** The options that decide where endpoints come from. */
const sourceOptions = ['endpoints', 'dnsUrl', 'dnsRecordType', 'resolver', 'resolveInterval'] as const;

/** Where an endpoint pool takes time and random numbers from. */
export interface EndpointPoolEnvironment {
  /** Real time by default. */
  readonly clock?: Clock;
  /** `Math.random` by default. */
  readonly random?: Random;
  /** Resolves `dnsUrl`; `node:dns/promises` by default. */
  readonly dns?: EndpointDns;
}

/** The state of a pool. */
export interface EndpointPoolMetrics {
  readonly numberOfEndpoints: number;
  readonly endpointsInService: number;
  /** Whether calls go to all endpoints, because too few are in service. */
  readonly isPanic: boolean;
  /** Whether the endpoints are those of an earlier resolution, because the latest one failed. */
  readonly isResolutionFailing: boolean;
}

/**
 * Chooses one of the endpoints of a dependency for each attempt, and ejects those that work worse than the others. The call
 * gets its endpoint as `context.endpoint`; the HTTP adapters send their requests there.
 *
 * The ejection of outliers, the panic threshold and the slow start are Envoy's, the choice is Finagle's. A retry or a hedge
 * of a call goes to another endpoint while there is one. A circuit breaker around the pool does not record what happened at
 * an endpoint that the pool has ejected meanwhile, so that it judges the endpoints that are left. It records it while none of
 * those works.
 *
 * @example
 * const customer = new EndpointPool('customer', { endpoints: ['http://10.0.0.7:3000', 'http://10.0.0.8:3000'] });
 * const response = await customer.execute(({ signal, endpoint }) => fetch(`${endpoint?.url}/customers/7`, { signal }));
 */
export class EndpointPool extends BasePolicy<EndpointPoolEvents, 'endpointPoolName'> {
  readonly #clock: Clock;
  readonly #endpoints: EndpointSet;
  readonly #inFlightCalls: InFlightCalls;
  readonly #dns: EndpointDns;
  #config: EndpointPoolConfig;
  /** `undefined` with a fixed list of endpoints. */
  #source: EndpointSource | undefined;
  #resolutionFailure: { readonly error: unknown } | undefined;

  /**
   * @param name of the dependency; it appears in errors, events and metrics
   * @param options each has a default
   * @param environment sources of time and random numbers
   * @throws InvalidOptionsError listing every fault
   */
  constructor(name: string, options: EndpointPoolOptions = {}, environment: EndpointPoolEnvironment = {}) {
    const config = endpointPoolOptions.resolve(`EndpointPool '${name}'`, options);
    const { clock = systemClock, random = Math.random, dns = systemDns } = environment;
    super('endpointPoolName', name, clock, config.eventConsumerBufferSize);
    this.#config = config;
    this.#clock = clock;
    this.#dns = dns;
    this.#endpoints = new EndpointSet(config, clock, random, (type, details) => this.emit(type, details));
    this.#inFlightCalls = new InFlightCalls(clock, slowAfterMs(config), (call) =>
      this.#endpoints.onSlow(call, clock.now()),
    );
    this.#findEndpoints();
  }

  /** The current options. */
  get config(): EndpointPoolConfig {
    return this.#config;
  }

  get metrics(): EndpointPoolMetrics {
    this.#endpoints.advance(this.#clock.now());
    const { all, isPanic } = this.#endpoints;
    return {
      numberOfEndpoints: all.length,
      endpointsInService: all.filter(({ isInService }) => isInService).length,
      isPanic,
      isResolutionFailing: this.#resolutionFailure !== undefined,
    };
  }

  /** The endpoints with their states, in the order of their source. */
  get endpoints(): readonly EndpointSnapshot[] {
    const now = this.#clock.now();
    this.#endpoints.advance(now);
    return this.#endpoints.all.map((endpoint) => endpoint.snapshot(now, this.#config));
  }

  /**
   * Chooses an endpoint and runs `call` with it; without one if none is configured. The first calls wait until the endpoints
   * have been resolved once.
   *
   * @throws NoEndpointAvailableError when the endpoints cannot be resolved; otherwise what `call` threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const rejection = rejectionIfAborted(context);
    if (rejection !== undefined) return rejection;
    const given = toCallContext(context);
    const startedAt = this.#clock.now();
    const endpoint = this.#endpoints.choose(given.usedEndpoints, startedAt);
    return endpoint === undefined ? this.#withoutEndpoint(call, given) : this.#run(call, given, endpoint, startedAt);
  }

  /**
   * Puts an endpoint out of service until `restore`, even if no other is left; then calls go to all endpoints.
   *
   * @param endpoint its name
   * @throws RangeError when there is no such endpoint
   */
  eject(endpoint: string): void {
    this.#endpoints.ejectByHand(this.#find(endpoint), this.#clock.now());
  }

  /**
   * Ends the ejection of an endpoint, also one by hand. It gets its share by a slow start.
   *
   * @param endpoint its name
   * @throws RangeError when there is no such endpoint
   */
  restore(endpoint: string): void {
    this.#endpoints.restore(this.#find(endpoint), this.#clock.now());
  }

  /**
   * Replaces all options. Endpoints that stay keep their state; a window of another size starts empty. In-flight calls are
   * judged by the new options.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: EndpointPoolOptions): void {
    const config = endpointPoolOptions.resolve(`EndpointPool '${this.name}'`, options);
    const before = this.#config;
    this.#config = config;
    this.changeBufferSize(config.eventConsumerBufferSize);
    this.#endpoints.reconfigure(config);
    if (sourceOptions.some((option) => before[option] !== config[option])) this.#findEndpoints();
    this.#inFlightCalls.changeThreshold(slowAfterMs(config));
  }

  /** Ends all timers. Callers that hold the pool can still use it, with the endpoints that it has. */
  dispose(): void {
    this.#source?.stop();
    this.#endpoints.dispose();
    this.#inFlightCalls.dispose();
  }

  #run<T>(call: ProtectedCall<T>, given: CallContext, endpoint: PooledEndpoint, startedAt: number): Promise<T> {
    const { deadline, request, usedEndpoints } = given;
    usedEndpoints?.add(endpoint);
    const inFlight = new InFlightCall(endpoint, startedAt);
    this.#inFlightCalls.add(inFlight);
    this.#endpoints.onStart(inFlight);
    const inherited = { deadline, request, endpoint: endpoint.address, usedEndpoints };
    this.usage.start();
    const running = invokeCall(call, callContext(abortSourceOf(given), given.attempt, inherited));
    return running.then(
      (result) => {
        this.#settle(inFlight, { result }, given);
        return result;
      },
      (error: unknown) => {
        this.#settle(inFlight, { error }, given);
        return running;
      },
    );
  }

  /** The pool has no endpoint: none is configured, or none has been resolved yet. */
  async #withoutEndpoint<T>(call: ProtectedCall<T>, given: CallContext): Promise<T> {
    const source = this.#source;
    if (source === undefined) return this.usage.track(invokeCall(call, given));
    await this.usage.track(unlessAborted(source.firstResolution, given));
    const startedAt = this.#clock.now();
    const endpoint = this.#endpoints.choose(given.usedEndpoints, startedAt);
    if (endpoint !== undefined) return this.#run(call, given, endpoint, startedAt);
    // New options may have replaced the source during the wait.
    if (source !== this.#source) return this.#withoutEndpoint(call, given);
    throw new NoEndpointAvailableError(this.name, this.#resolutionFailure?.error);
  }

  /** Takes the fixed endpoints, or starts to resolve them. Until they are resolved, the present ones stay. */
  #findEndpoints(): void {
    const { endpoints = [], dnsUrl, dnsRecordType, resolveInterval } = this.#config;
    this.#source?.stop();
    this.#source = undefined;
    this.#resolutionFailure = undefined;
    const resolver =
      this.#config.resolver ?? (dnsUrl === undefined ? undefined : new DnsResolver(dnsUrl, dnsRecordType, this.#dns));
    if (resolver === undefined) {
      const addresses = endpoints.map((url) => ({ url, name: nameOf(url) }));
      this.#endpoints.replace(addresses, this.#clock.now());
      return;
    }
    this.#source = new EndpointSource(resolver, resolveInterval, this.#clock, {
      onEndpoints: (found) => {
        this.#resolutionFailure = undefined;
        this.#endpoints.replace(found, this.#clock.now());
      },
      onFailure: (error) => {
        const isFirst = this.#resolutionFailure === undefined;
        this.#resolutionFailure = { error };
        if (isFirst) this.emit('RESOLUTION_FAILED', { error });
      },
    });
  }

  #settle(call: InFlightCall, outcome: ClassifiedOutcome, context: CallContext): void {
    this.usage.end();
    this.#inFlightCalls.remove(call);
    this.#endpoints.onEnd(call, judgeCall(outcome, context), this.#clock.now());
  }

  #find(name: string): PooledEndpoint {
    const { all } = this.#endpoints;
    const found = all.find((endpoint) => endpoint.name === name);
    if (found !== undefined) return found;
    const known = all.length === 0 ? 'none' : all.map((endpoint) => endpoint.name).join(', ');
    throw new RangeError(`EndpointPool '${this.name}' has no endpoint '${name}'. Its endpoints: ${known}.`);
  }
}

/** After how long a call in flight counts as slow; infinite when nothing follows from it. */
function slowAfterMs({ outlierDetectionEnabled, slowCallDurationThreshold }: EndpointPoolConfig): number {
  return outlierDetectionEnabled ? slowCallDurationThreshold : Number.POSITIVE_INFINITY;
}

/** Settles with the promise, or rejects when the call is aborted before. */
async function unlessAborted(promise: Promise<void>, context: CallContext): Promise<void> {
  const aborted = withResolvers<never>();
  const stopListening = whenAborted(context, aborted.reject);
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    stopListening();
  }
}
