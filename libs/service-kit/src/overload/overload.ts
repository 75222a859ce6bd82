import rateLimit from '@fastify/rate-limit';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isProbe, MetricsRegistry } from '../metrics/metrics.registry.ts';
import { type Problem, sendProblem, serviceKitKinds } from '../problem-details/problem-details.ts';
import { ClientLimit, clientOf } from './client-limit.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** For metrics. */
    readonly admission: Admission;
  }
}

/** Why a request was refused before any work on it. */
export type RefusalReason = 'in_flight' | 'event_loop_delay' | 'client_rate' | 'client_in_flight' | 'waiting_responses';

export interface AdmissionLimits {
  /** The maximum of requests in flight. */
  readonly maxInFlight: number;
  /** The maximum of requests in flight of one client; 0: without a limit. */
  readonly maxInFlightPerClient: number;
  /** In milliseconds; requests are refused while the event loop is delayed by more. */
  readonly maxEventLoopDelayMs: number;
}

/** Admits requests while the service is not overloaded and their client does not exceed its share, and counts those that it refuses. */
export class Admission {
  readonly #refused: Record<RefusalReason, number> = {
    in_flight: 0,
    event_loop_delay: 0,
    client_rate: 0,
    client_in_flight: 0,
    waiting_responses: 0,
  };
  readonly #clients: ClientLimit;
  #inFlight = 0;

  /** @param eventLoopDelayMs returns the current delay of the event loop in milliseconds */
  constructor(
    readonly limits: AdmissionLimits,
    private readonly eventLoopDelayMs: () => number,
  ) {
    this.#clients = new ClientLimit(limits.maxInFlightPerClient);
  }

  /** Requests in flight, except those for health and metrics. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** The refused requests by reason. */
  get refused(): Readonly<Record<RefusalReason, number>> {
    return this.#refused;
  }

  /** The reason for refusing a request of the client at an address, which is counted; undefined when it would be admitted. */
  refuse(address: string): RefusalReason | undefined {
    const reason = this.#reasonToRefuse(address);
    if (reason !== undefined) this.countRefusal(reason);
    return reason;
  }

  /** @returns the reason for refusing a request, which is counted, or a function that ends the admitted request */
  tryAcquire(address: string): RefusalReason | (() => void) {
    const reason = this.refuse(address);
    if (reason !== undefined) return reason;
    const release = this.#clients.tryAcquire(address);
    this.#inFlight += 1;
    return () => {
      this.#inFlight -= 1;
      release?.();
    };
  }

  countRefusal(reason: RefusalReason): void {
    this.#refused[reason] += 1;
  }

  #reasonToRefuse(address: string): RefusalReason | undefined {
    if (this.#inFlight >= this.limits.maxInFlight) return 'in_flight';
    if (this.eventLoopDelayMs() > this.limits.maxEventLoopDelayMs) return 'event_loop_delay';
    return this.#clients.permits(address) ? undefined : 'client_in_flight';
  }
}

const resolutionMs = 20;
const windowMs = 1_000;

/**
 * The mean delay of the event loop, measured each second. Overload lasts: a single second in which the whole process stood still, as
 * on a shared machine, does not count until another one follows.
 */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  #timer: NodeJS.Timeout | undefined;
  #measuredAt = 0;
  /** The samples of the histogram at that time. */
  #samples = 0;
  /** The means of the last two whole seconds, in milliseconds. */
  #means: readonly [before: number, last: number] = [0, 0];

  /** The smaller mean of the last two whole seconds, in milliseconds; 0 at first. */
  get ms(): number {
    return Math.min(...this.#means);
  }

  /** Call it when the service has started: the start occupies the event loop, and is no overload. */
  start(): void {
    this.#histogram.enable();
    this.#measuredAt = performance.now();
    this.#samples = this.#histogram.count;
    this.#timer = setInterval(() => this.#measure(), windowMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  /**
   * The histogram is never reset: it would leave out the sample after that. When the event loop is later than a second, each second has
   * only that one.
   */
  #measure(): void {
    const { count } = this.#histogram;
    const now = performance.now();
    const [, last] = this.#means;
    const meanMs = (now - this.#measuredAt) / Math.max(1, count - this.#samples);
    this.#means = [last, Math.max(0, meanMs - resolutionMs)];
    this.#measuredAt = now;
    this.#samples = count;
  }
}

const overloaded: Problem = {
  ...serviceKitKinds.overloaded,
  detail: 'The service is overloaded and did not process this request. Try again later.',
  headers: { 'retry-after': '1' },
};

const tooManyInFlight = (max: number): Problem => ({
  ...serviceKitKinds['too-many-requests'],
  detail: `A client may have ${max} requests in flight. Try again when one of them has ended.`,
  headers: { 'retry-after': '1' },
});

/**
 * Refuses requests while the service is overloaded (`docs/adr/0014`), or while their client holds its share of it, before their
 * bodies are read. A request counts as in flight once it has arrived completely: one that arrives slowly, or never, takes nothing from
 * others. Health and metrics still respond: an orchestrator that restarts an overloaded service, and an operator without metrics, would
 * make it worse.
 */
export function shedLoad(fastify: FastifyInstance, admission: Admission): void {
  const sendRefusal = (request: FastifyRequest, reply: FastifyReply, reason: RefusalReason): void => {
    const { maxInFlightPerClient } = admission.limits;
    sendProblem(request, reply, reason === 'client_in_flight' ? tooManyInFlight(maxInFlightPerClient) : overloaded);
  };
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isProbe(request.url)) return done();
    const reason = admission.refuse(request.ip);
    if (reason === undefined) done();
    else sendRefusal(request, reply, reason);
  });
  // The first hook after the body.
  fastify.addHook('preValidation', (request, reply, done) => {
    // A response that has been closed would not release its permit.
    if (isProbe(request.url) || reply.raw.closed) return done();
    const admitted = admission.tryAcquire(request.ip);
    if (typeof admitted === 'string') return sendRefusal(request, reply, admitted);
    reply.raw.once('close', admitted);
    done();
  });
}

/** Requests in flight and refused requests as metrics. */
@Injectable()
export class OverloadMetrics {
  constructor(adapterHost: HttpAdapterHost<FastifyAdapter>, registry: MetricsRegistry) {
    const { admission } = adapterHost.httpAdapter.getInstance();
    registry.addGauge({
      name: 'http_server_requests_in_flight',
      help: 'Requests in flight, as MAX_REQUESTS_IN_FLIGHT counts them.',
      read: () => admission.inFlight,
    });
    registry.addCounter({
      name: 'http_server_requests_shed_total',
      help: 'Requests that were refused before any work on them, by reason.',
      label: 'reason',
      read: () => admission.refused,
    });
  }
}

/** The maximum of clients that are counted; the least recently active one is removed first. */
const maxClients = 10_000;

/**
 * Limits the requests per second of each client and refuses the rest with 429, so that one client cannot exclude the others. A
 * client is what `clientOf` finds. Health and metrics are not limited.
 *
 * @param perSecond 0: without a limit
 * @param onRefused is called for each refused request
 */
export function limitClients(fastify: FastifyInstance, perSecond: number, onRefused: () => void): void {
  if (perSecond === 0) return;
  const keyGenerator = ({ ip }: FastifyRequest): string => clientOf(ip);
  const options = { global: false, max: perSecond, timeWindow: 1_000, cache: maxClients, keyGenerator };
  fastify.register(rateLimit, options).after(() => {
    const take = fastify.createRateLimit();
    fastify.addHook('onRequest', async (request, reply) => {
      if (isProbe(request.url)) return;
      const taken = await take(request);
      if (taken.isAllowed) return;

      void reply.headers({
        'ratelimit-limit': taken.max,
        'ratelimit-remaining': taken.remaining,
        'ratelimit-reset': taken.ttlInSeconds,
      });
      if (!taken.isExceeded) return;
      onRefused();
      return sendProblem(request, reply, {
        ...serviceKitKinds['too-many-requests'],
        detail: `A client may send ${perSecond} requests per second. Try again later.`,
        headers: { 'retry-after': String(taken.ttlInSeconds) },
      });
    });
  });
}
