import rateLimit from '@fastify/rate-limit';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isProbe, MetricsRegistry } from '../metrics/metrics.registry.ts';
import { type Problem, sendProblem, serviceKitKinds } from '../problem-details/problem-details.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** For metrics. */
    readonly admission: Admission;
  }
}

/** Why a request was refused before any work on it. */
export type RefusalReason = 'in_flight' | 'event_loop_delay' | 'client_rate';

export interface AdmissionLimits {
  /** The maximum of requests in flight. */
  readonly maxInFlight: number;
  /** In milliseconds; requests are refused while the event loop is delayed by more. */
  readonly maxEventLoopDelayMs: number;
}

/** Admits requests while the service is not overloaded, and counts the ones that it refuses. */
export class Admission {
  readonly #refused: Record<RefusalReason, number> = { in_flight: 0, event_loop_delay: 0, client_rate: 0 };
  #inFlight = 0;

  /** @param eventLoopDelayMs returns the current delay of the event loop in milliseconds */
  constructor(
    private readonly limits: AdmissionLimits,
    private readonly eventLoopDelayMs: () => number,
  ) {}

  /** Requests in flight, except those for health and metrics. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** The refused requests by reason. */
  get refused(): Readonly<Record<RefusalReason, number>> {
    return this.#refused;
  }

  /** @returns the reason for refusing a request; undefined when it is admitted, and then `release` must be called */
  tryAcquire(): RefusalReason | undefined {
    const reason = this.#reasonToRefuse();
    if (reason === undefined) this.#inFlight += 1;
    else this.countRefusal(reason);
    return reason;
  }

  /** Ends an admitted request. */
  release(): void {
    this.#inFlight -= 1;
  }

  countRefusal(reason: RefusalReason): void {
    this.#refused[reason] += 1;
  }

  #reasonToRefuse(): RefusalReason | undefined {
    if (this.#inFlight >= this.limits.maxInFlight) return 'in_flight';
    return this.eventLoopDelayMs() > this.limits.maxEventLoopDelayMs ? 'event_loop_delay' : undefined;
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
  /** The means of the last two whole seconds, in milliseconds. */
  #means: readonly [before: number, last: number] = [0, 0];

  /** The smaller mean of the last two whole seconds, in milliseconds; 0 at first. */
  get ms(): number {
    return Math.min(...this.#means);
  }

  /** Call it when the service has started: the start occupies the event loop, and is no overload. */
  start(): void {
    this.#histogram.enable();
    this.#timer = setInterval(() => this.#measure(), windowMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #measure(): void {
    const { mean, count } = this.#histogram;
    const [, last] = this.#means;
    this.#means = [last, count === 0 ? 0 : Math.max(0, mean / 1e6 - resolutionMs)];
    this.#histogram.reset();
  }
}

const refusal: Problem = {
  ...serviceKitKinds.overloaded,
  detail: 'The service is overloaded and did not process this request. Try again later.',
  headers: { 'retry-after': '1' },
};

/**
 * Refuses requests while the service is overloaded (`docs/adr/0014`), before their bodies are read. Health and metrics still
 * respond: an orchestrator that restarts an overloaded service, and an operator without metrics, would make it worse.
 */
export function shedLoad(fastify: FastifyInstance, admission: Admission): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isProbe(request.url.split('?', 1)[0] ?? '')) return done();
    if (admission.tryAcquire() !== undefined) return void sendProblem(request, reply, refusal);
    reply.raw.once('close', () => admission.release());
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
 * client is an IPv4 address, or a /64 network of IPv6, which is what one household has. Health and metrics are not limited.
 *
 * @param perSecond 0: without a limit
 * @param onRefused is called for each refused request
 */
export function limitClients(fastify: FastifyInstance, perSecond: number, onRefused: () => void): void {
  if (perSecond === 0) return;
  fastify.register(rateLimit, { global: false, max: perSecond, timeWindow: 1_000, cache: maxClients }).after(() => {
    const take = fastify.createRateLimit();
    fastify.addHook('onRequest', async (request, reply) => {
      if (isProbe(request.url.split('?', 1)[0] ?? '')) return;
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
