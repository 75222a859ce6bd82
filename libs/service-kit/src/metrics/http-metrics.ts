import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { ServerResponse } from 'node:http';
import { Gauge, Histogram } from 'prom-client';
import { currentRequest, type RequestContext } from '../request-context/request-context.ts';
import { MetricsRegistry } from './metrics.registry.ts';
import { isProbe } from './probe-paths.ts';

/** Upper bounds in seconds: fine where an answer is quick, and up to the longest that anybody waits. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30];

/**
 * Rate, errors and durations of the requests that are served, with the names, labels and values that Spring Boot's
 * Micrometer observations have in Prometheus, and how many are under way. A route is labelled with its template, never
 * with a URL, so that the number of series is that of the routes.
 */
@Injectable()
export class HttpMetrics implements OnModuleInit {
  readonly #durations: Histogram<'method' | 'uri' | 'status' | 'outcome' | 'exception'>;
  readonly #active: Gauge<'method' | 'uri'>;

  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    registry: MetricsRegistry,
  ) {
    this.#durations = new Histogram({
      name: 'http_server_requests_seconds',
      help: 'How long requests took, by route and by how they ended.',
      labelNames: ['method', 'uri', 'status', 'outcome', 'exception'],
      buckets: durationBuckets,
      registers: [registry],
    });
    this.#active = new Gauge({
      name: 'http_server_requests_active',
      help: 'How many requests are under way, by route.',
      labelNames: ['method', 'uri'],
      registers: [registry],
    });
  }

  onModuleInit(): void {
    this.adapterHost.httpAdapter.getInstance().addHook('onRequest', (request, reply, done) => {
      this.#watch(request, reply.raw, currentRequest());
      done();
    });
  }

  #watch(request: FastifyRequest, response: ServerResponse, context: RequestContext | undefined): void {
    const route = { method: request.method, uri: uriOf(request) };
    if (isProbe(route.uri)) return;

    const stop = this.#durations.startTimer(route);
    this.#active.inc(route);
    // Comes once, after the last byte as well as when the client goes away before it.
    response.once('close', () => {
      this.#active.dec(route);
      stop({ ...endingOf(response), exception: nameOf(context?.error) });
    });
  }
}

/** `/accounts/{id}`; one value for all that is no route. */
const uriOf = ({ routeOptions: { url } }: FastifyRequest): string =>
  url === undefined ? 'NOT_FOUND' : url.replaceAll(/:(\w+)/g, '{$1}');

/** Who has gone away has seen no status. */
function endingOf({ statusCode, writableFinished }: ServerResponse): { status: string; outcome: string } {
  if (!writableFinished) return { status: 'UNKNOWN', outcome: 'UNKNOWN' };
  const outcomes = ['INFORMATIONAL', 'SUCCESS', 'REDIRECTION', 'CLIENT_ERROR', 'SERVER_ERROR'];
  return { status: String(statusCode), outcome: outcomes[Math.floor(statusCode / 100) - 1] ?? 'UNKNOWN' };
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.constructor.name : 'none');
