import { BasePolicy } from '../base-policy.ts';
import type { CallEndpoint } from '../call-endpoints.ts';
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
} from '../policy.ts';
import type { EndpointPoolEvents } from './endpoint-pool.events.ts';
import { type EndpointPoolConfig, type EndpointPoolOptions, endpointPoolOptions } from './endpoint-pool.options.ts';
import { EndpointSet } from './endpoint-set.ts';
import { InFlightCall, InFlightCalls } from './in-flight-calls.ts';
import { judgeCall } from './outlier-detection.ts';
import type { EndpointSnapshot, PooledEndpoint } from './pooled-endpoint.ts';

/** Where an endpoint pool takes time and random numbers from. */
export interface EndpointPoolEnvironment {
  /** Real time by default. */
  readonly clock?: Clock;
  /** `Math.random` by default. */
  readonly random?: Random;
}

/** The state of a pool. */
export interface EndpointPoolMetrics {
  readonly numberOfEndpoints: number;
  readonly endpointsInService: number;
  /** Whether calls go to all endpoints, because too few are in service. */
  readonly isPanic: boolean;
}

/**
 * Chooses one of the endpoints of a dependency for each attempt, and ejects those that work worse than the others. The call
 * gets its endpoint as `context.endpoint`; the HTTP adapters send their requests there.
 *
 * The ejection of outliers, the panic threshold and the slow start are Envoy's, the choice is Finagle's. A retry or a hedge
 * of a call goes to another endpoint while there is one. A circuit breaker around the pool does not record what happened at
 * an endpoint that the pool has ejected meanwhile, so that it judges the endpoints that are left.
 *
 * @example
 * const customer = new EndpointPool('customer', { endpoints: ['http://10.0.0.7:3000', 'http://10.0.0.8:3000'] });
 * const response = await customer.execute(({ signal, endpoint }) => fetch(`${endpoint?.url}/customers/7`, { signal }));
 */
export class EndpointPool extends BasePolicy<EndpointPoolEvents, 'endpointPoolName'> {
  readonly #clock: Clock;
  readonly #endpoints: EndpointSet;
  readonly #inFlightCalls: InFlightCalls;
  #config: EndpointPoolConfig;

  /**
   * @param name of the dependency; it appears in errors, events and metrics
   * @param options each has a default
   * @param environment sources of time and random numbers
   * @throws InvalidOptionsError listing every fault
   */
  constructor(name: string, options: EndpointPoolOptions = {}, environment: EndpointPoolEnvironment = {}) {
    const config = endpointPoolOptions.resolve(`EndpointPool '${name}'`, options);
    const { clock = systemClock, random = Math.random } = environment;
    super('endpointPoolName', name, clock, config.eventConsumerBufferSize);
    this.#config = config;
    this.#clock = clock;
    this.#endpoints = new EndpointSet(config, random, (type, details) => this.emit(type, details));
    this.#inFlightCalls = new InFlightCalls(clock, slowAfterMs(config), (call) =>
      this.#endpoints.onSlow(call, clock.now()),
    );
    this.#endpoints.replace(addressesOf(config), clock.now());
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
    };
  }

  /** The endpoints with their states, in the order of their source. */
  get endpoints(): readonly EndpointSnapshot[] {
    const now = this.#clock.now();
    this.#endpoints.advance(now);
    return this.#endpoints.all.map((endpoint) => endpoint.snapshot(now, this.#config));
  }

  /**
   * Chooses an endpoint and runs `call` with it; without one if none is configured.
   *
   * @throws what `call` threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const rejection = rejectionIfAborted(context);
    if (rejection !== undefined) return rejection;
    const given = toCallContext(context);
    const { deadline, request, usedEndpoints } = given;
    const startedAt = this.#clock.now();
    const endpoint = this.#endpoints.choose(usedEndpoints, startedAt);
    if (endpoint === undefined) return this.usage.track(invokeCall(call, given));
    usedEndpoints?.add(endpoint);
    const inFlight = new InFlightCall(endpoint, startedAt);
    this.#inFlightCalls.add(inFlight);
    this.#endpoints.onStart(inFlight);
    const inherited = { deadline, request, endpoint: endpoint.address, usedEndpoints };
    const settled = invokeCall(call, callContext(abortSourceOf(given), given.attempt, inherited)).then(
      (result) => {
        this.#settle(inFlight, { result }, given);
        return result;
      },
      (error: unknown) => {
        this.#settle(inFlight, { error }, given);
        throw error;
      },
    );
    return this.usage.track(settled);
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
    const now = this.#clock.now();
    this.#config = config;
    this.changeBufferSize(config.eventConsumerBufferSize);
    this.#endpoints.reconfigure(config);
    this.#endpoints.replace(addressesOf(config), now);
    this.#inFlightCalls.changeThreshold(slowAfterMs(config));
  }

  /** Ends all timers. Callers that hold the pool can still use it, with the endpoints that it has. */
  dispose(): void {
    this.#inFlightCalls.dispose();
  }

  #settle(call: InFlightCall, outcome: ClassifiedOutcome, context: CallContext): void {
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

function addressesOf({ endpoints }: EndpointPoolConfig): readonly CallEndpoint[] {
  return endpoints.map(addressOf);
}

/** Its name is host and port, with the path if it has one. */
function addressOf(url: string): CallEndpoint {
  const { host, pathname } = new URL(url);
  return { url, name: `${host}${pathname.replace(/\/$/, '')}` };
}
