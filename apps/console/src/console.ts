import fastifyStatic from '@fastify/static';
import {
  addSecurityHeaders,
  ClientLimit,
  describeProblem,
  HttpEdge,
  loggerOptions,
  type Problem,
  problemContentType,
  ProblemException,
  problemOfStatus,
  securityHeaders,
  sendProblem,
  serviceKitKinds,
  toProblemDetails,
  traceOf,
} from '@breakwater/service-kit';
import fastify, { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ConsoleConfig } from './console.config.ts';
import { refuseForeignRequests } from './controls/foreign-requests.ts';
import { LoadGenerator, openAccountsAt } from './controls/load-generator.ts';
import { ProcessControl } from './controls/process-control.ts';
import { addControlRoutes } from './controls/routes.ts';
import { SystemMonitor } from './observation/system-monitor.ts';
import { Watch } from './observation/watch.ts';
import { PageStream } from './page-stream.ts';
import type { History } from './protocol/messages.ts';

/** The path of the page and of its API. */
const base = '/console';

const streamLimits = { keptMessages: 200, maxBacklog: 2_000_000, maxConnections: 50, maxConnectionsPerClient: 25 };

/** The page loads only its own files; a browser does not run anything that is injected into it. */
const pageHeaders = securityHeaders({
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
});

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Without it nginx buffers messages.
  'x-accel-buffering': 'no',
};

/**
 * Creates the back end of the page. It monitors the replicas while a page is connected.
 *
 * @param pageDirectory directory of the built page
 */
export function createConsole(config: ConsoleConfig, pageDirectory: string): FastifyInstance {
  const [loadUrl] = config.LOAD_URL;
  const load = new LoadGenerator(config.CONSOLE_LOAD, openAccountsAt(loadUrl));
  const processes =
    config.PROCESS_CONTROL_URL === undefined ? undefined : new ProcessControl(config.PROCESS_CONTROL_URL[0]);
  const monitor = new SystemMonitor({
    accountUrls: config.ACCOUNT_URL,
    customerUrls: config.CUSTOMER_URL,
    load: () => load.state,
    processes: async () => processes?.list() ?? null,
    onSnapshot: (snapshot) => stream.send('snapshot', snapshot),
    onEvents: (events) => stream.send('events', events),
    onError: (err) => app.log.error({ err }, 'reading the replicas failed'),
  });
  const watch = new Watch(monitor);
  const stream = new PageStream(
    streamLimits,
    () => [
      { event: 'history', data: { ...monitor.history, traceUrl: config.TRACE_URL ?? null } satisfies History },
      ...(monitor.snapshot ? [{ event: 'snapshot', data: monitor.snapshot }] : []),
    ],
    (pages) => watch.setPages(pages),
  );

  const pages = new ClientLimit(config.MAX_REQUESTS_IN_FLIGHT_PER_CLIENT ?? streamLimits.maxConnectionsPerClient);

  const edge = new HttpEdge(config);
  const app: FastifyInstance = fastify({
    ...edge.options,
    logger: loggerOptions('console', config),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  });
  addSecurityHeaders(app, () => pageHeaders);
  edge.protect(app);
  app.register(fastifyStatic, {
    root: pageDirectory,
    prefix: `${base}/`,
    // A route for each file: a route for all of them would take the paths of the API that do not have GET.
    wildcard: false,
    // The names of all other files contain a hash of their content.
    setHeaders: (reply, file) => {
      void reply.header('cache-control', file.endsWith('.html') ? 'no-cache' : 'public, max-age=31536000, immutable');
    },
  });
  refuseForeignRequests(app, config.ALLOWED_HOSTS);
  app.setErrorHandler((error, request, reply) => {
    const problem = describe(error);
    if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
    return sendProblem(request, reply, problem);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, problemOfStatus(404, `Cannot ${request.method} ${request.url}`)),
  );
  app.addHook('preSerialization', (request, reply, payload, done) => {
    const isProblem = reply.statusCode >= 400 && !request.url.startsWith('/health/');
    done(null, isProblem ? toProblem(request, reply, payload as RefusalBody) : payload);
  });

  app.get(base, (_request, reply) => reply.redirect(`${base}/`));
  app.get('/', (_request, reply) => reply.redirect(`${base}/`));
  app.get('/health/live', () => ({ status: 'up' }));
  app.get('/health/ready', () => ({ status: 'up' }));
  app.register(
    async (api) => {
      addControlRoutes(api, { monitor, load, processes });
      api.get('/stream', (request, reply) => openStream(stream, pages, request, reply));
    },
    { prefix: `${base}/api` },
  );
  app.addHook('preClose', async () => {
    load.stop();
    stream.close();
    watch.end();
  });
  return app;
}

function describe(error: unknown): Problem {
  if (error instanceof z.ZodError) {
    const errors = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return { ...serviceKitKinds['invalid-request'], detail: errors.join('; ') };
  }
  if (error instanceof ProblemException) return describeProblem(error);
  // The errors of @fastify/static about a request have a status, and no code of Fastify.
  const { statusCode: status = 500, message } = error as Error & { readonly statusCode?: number };
  return status >= 400 && status < 500 ? problemOfStatus(status, message) : describeProblem(error);
}

/** What a route sends with the status of an error. */
interface RefusalBody {
  readonly detail?: string;
  readonly [extension: string]: unknown;
}

/** The problem document for what a route sends with the status of an error; the rest follows from the status. */
function toProblem(request: FastifyRequest, reply: FastifyReply, { detail, ...extensions }: RefusalBody): object {
  void reply.type(problemContentType);
  const { url, id: requestId, raw } = request;
  const problem = { ...problemOfStatus(reply.statusCode, detail), extensions };
  return toProblemDetails(problem, { url, requestId, traceId: traceOf(raw).traceId });
}

async function openStream(
  stream: PageStream,
  clients: ClientLimit,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // The routes of GET serve HEAD, too: a response without a body ends at once, and is no page.
  if (request.method === 'HEAD') return reply.headers(streamHeaders).send();
  if (!stream.isOpen) return reply.status(503).send({ detail: 'The maximum number of pages is connected.' });
  const release = clients.tryAcquire(request.ip);
  if (release === undefined) {
    const detail = `A client may have ${clients.max} pages connected. Close one of them first.`;
    return reply.status(429).header('retry-after', '1').send({ detail });
  }
  reply.raw.once('close', release);
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.hijack();
  reply.raw.writeHead(200, streamHeaders);
  const lastEventId = request.headers['last-event-id'];
  stream.connect(reply.raw, typeof lastEventId === 'string' ? lastEventId : undefined);
  return reply;
}
