import { negotiate } from '@fastify/accept-negotiator';
import {
  Controller,
  Get,
  Header,
  Headers,
  Injectable,
  Module,
  RequestMethod,
  Res,
  type OnModuleInit,
} from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryModule, DiscoveryService, HttpAdapterHost, MetadataScanner } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Gauge, type Histogram, Registry } from 'prom-client';
import { DatabaseMetrics } from '../database/database.ts';
import { successStatusesOf } from '../openapi/operation-decorators.ts';
import { OverloadMetrics } from '../overload/overload.ts';
import { currentRequest, currentSampledTraceId, type RequestContext } from '../request-context/request-context.ts';
import { ConcurrentReads } from './concurrent-reads.ts';
import { isProbe, metricsPaths, MetricsRegistry } from './metrics.registry.ts';

/** In a thread of libuv's pool. */
const compress = promisify<string, Buffer>(gzip);

/** Upper bounds in seconds, from fast responses up to twice the default of `REQUEST_TIMEOUT`. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10];

/**
 * Rate, errors and durations of requests, with the names, labels and values that Spring Boot's Micrometer observations have in
 * Prometheus, and the requests in flight. The label of a route is its template and never a URL, and a method that no route has
 * is `UNKNOWN`, so the number of series is that of the routes and not that of what clients send.
 */
@Injectable()
export class HttpMetrics implements OnModuleInit {
  readonly #durations: Histogram<'method' | 'uri' | 'status' | 'outcome' | 'exception'>;
  readonly #active: Gauge<'method' | 'uri'>;
  /** The methods of all routes. */
  readonly #methods = new Set<string>();

  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    registry: MetricsRegistry,
  ) {
    this.#durations = registry.addHistogram({
      name: 'http_server_requests_seconds',
      help: 'The duration of requests by route and outcome.',
      labelNames: ['method', 'uri', 'status', 'outcome', 'exception'],
      buckets: durationBuckets,
    });
    this.#active = new Gauge({
      name: 'http_server_requests_active',
      help: 'Requests in flight by route.',
      labelNames: ['method', 'uri'],
      registers: [registry],
    });
    // In the constructor: Nest registers the routes of controllers before it calls onModuleInit.
    adapterHost.httpAdapter.getInstance().addHook('onRoute', ({ method }) => {
      for (const known of [method].flat()) this.#methods.add(known);
    });
  }

  onModuleInit(): void {
    this.#startAtZero();
    this.adapterHost.httpAdapter.getInstance().addHook('onRequest', (request, reply, done) => {
      this.#observe(request, reply.raw, currentRequest());
      done();
    });
  }

  /**
   * Adds the series of the successful responses that routes describe, so that a dashboard shows 0 where there were none, and
   * Prometheus sees the first one as an increase.
   */
  #startAtZero(): void {
    for (const { metatype } of this.discovery.getControllers()) {
      if (!metatype) continue;
      const prototype = metatype.prototype as Readonly<Record<string, object>>;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name] as object;
        const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
        for (const uri of urisOf(metatype, handler).filter((uri) => !isProbe(uri))) {
          for (const status of successStatusesOf(handler)) {
            this.#durations.zero({
              method,
              uri,
              status: String(status),
              outcome: outcomeFor(status),
              exception: 'none',
            });
          }
        }
      }
    }
  }

  #observe(request: FastifyRequest, response: ServerResponse, context: RequestContext | undefined): void {
    const method = this.#methods.has(request.method) ? request.method : 'UNKNOWN';
    const route = { method, uri: uriOf(request) };
    if (isProbe(route.uri)) return;

    const stop = this.#durations.startTimer(route, currentExemplar());
    this.#active.inc(route);
    // Emitted once, after the last byte or when the client disconnects before it.
    response.once('close', () => {
      this.#active.dec(route);
      stop({ ...outcomeOf(response), exception: nameOf(context?.error) });
    });
  }
}

/** The current trace, by which a dashboard opens it; none if it is not sampled. */
function currentExemplar(): Readonly<Record<string, string>> {
  const traceId = currentSampledTraceId();
  return traceId === undefined ? {} : { trace_id: traceId };
}

/** `/accounts/{id}`; one value for all requests without a route. */
const uriOf = ({ routeOptions: { url } }: FastifyRequest): string =>
  url === undefined ? 'NOT_FOUND' : templateOf(url);

const templateOf = (route: string): string => route.replaceAll(/:(\w+)/g, '{$1}');

/** The templates of a handler's routes, as Nest joins the paths of the controller and of the handler. */
function urisOf(controller: object, handler: object): string[] {
  const pathsOf = (decorated: object): string[] =>
    [(Reflect.getMetadata(PATH_METADATA, decorated) ?? []) as string | string[]].flat();
  return pathsOf(controller).flatMap((prefix) =>
    pathsOf(handler).map((path) =>
      templateOf(`/${[...prefix.split('/'), ...path.split('/')].filter(Boolean).join('/')}`),
    ),
  );
}

/** A client that disconnects does not receive the status. */
function outcomeOf({ statusCode, writableFinished }: ServerResponse): { status: string; outcome: string } {
  if (!writableFinished) return { status: 'UNKNOWN', outcome: 'UNKNOWN' };
  return { status: String(statusCode), outcome: outcomeFor(statusCode) };
}

const outcomes = ['INFORMATIONAL', 'SUCCESS', 'REDIRECTION', 'CLIENT_ERROR', 'SERVER_ERROR'];

const outcomeFor = (status: number): string => outcomes[Math.floor(status / 100) - 1] ?? 'UNKNOWN';

const nameOf = (error: unknown): string => (error instanceof Error ? error.constructor.name : 'none');

@Controller()
export class MetricsController {
  readonly #compressed = new ConcurrentReads<Buffer>();

  constructor(private readonly registry: MetricsRegistry) {}

  /**
   * OpenMetrics for clients that accept it, such as Prometheus: only that format has exemplars. Compressed for those that accept
   * gzip, also as Prometheus does: a scrape is mostly the bounds of histograms, of which lines differ in a few characters.
   */
  @Get([...metricsPaths])
  @Header('cache-control', 'no-store')
  @Header('vary', 'accept, accept-encoding')
  async show(
    @Headers('accept') accept: string | undefined,
    @Headers('accept-encoding') acceptEncoding: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | Buffer> {
    const isOpenMetrics = accept?.includes('application/openmetrics-text') === true;
    const contentType = isOpenMetrics ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;
    const render = () => (isOpenMetrics ? this.registry.openMetrics() : this.registry.metrics());
    void reply.type(contentType);
    if (negotiate(acceptEncoding ?? '', ['gzip', 'identity']) !== 'gzip') return render();
    void reply.header('content-encoding', 'gzip');
    return this.#compressed.share(contentType, async () => compress(await render()));
  }
}

/** `GET /metrics` and `GET /actuator/prometheus`: the process, the requests and the database connections. */
@Module({
  imports: [DiscoveryModule],
  controllers: [MetricsController],
  providers: [MetricsRegistry, HttpMetrics, OverloadMetrics, DatabaseMetrics],
  exports: [MetricsRegistry],
})
export class MetricsModule {}
