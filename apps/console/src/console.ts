import fastifyHelmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import { loggerOptions } from '@breakwater/service-kit';
import fastify, { LogController, type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ConsoleConfig } from './console.config.ts';
import { addControls } from './controls/control.routes.ts';
import { Load, openAt } from './controls/load.ts';
import { Observer } from './observation/observer.ts';
import { Stream } from './stream/stream.ts';

/** Where the page is, and everything that belongs to it. */
const base = '/console';

const lookMs = 1_000;
const eventsMs = 250;
const beatMs = 50;

const streamLimits = { kept: 200, backlog: 2_000_000, clients: 50 };

/** The page loads what is here and nothing else; a browser that is shown something foreign does not run it. */
const policy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // nginx would hold messages back otherwise.
  'x-accel-buffering': 'no',
};

/**
 * The page's back end: it finds and watches every replica, and passes on what the page asks for. It begins to watch when it
 * begins to listen.
 *
 * @param pageDirectory where the built page is
 */
export function createConsole(config: ConsoleConfig, pageDirectory: string): FastifyInstance {
  const [loadUrl = ''] = config.LOAD_URL;
  const load = new Load(config.CONSOLE_LOAD, openAt(loadUrl));
  const observer = new Observer({
    accountUrls: config.ACCOUNT_URL,
    customerUrls: config.CUSTOMER_URL,
    load: () => load.state,
    onSnapshot: (snapshot) => stream.send('snapshot', snapshot),
    onEvents: (events) => stream.send('events', events),
  });
  const stream = new Stream(streamLimits, () => [
    { event: 'history', data: observer.history },
    ...(observer.snapshot ? [{ event: 'snapshot', data: observer.snapshot }] : []),
  ]);

  const app: FastifyInstance = fastify({
    logger: loggerOptions('console', config),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 64 * 1024,
    forceCloseConnections: true,
  });
  app.register(fastifyHelmet, { contentSecurityPolicy: policy, strictTransportSecurity: false });
  app.register(fastifyStatic, {
    root: pageDirectory,
    prefix: `${base}/`,
    // Every file but the page itself has its contents' hash in its name.
    setHeaders: (reply, file) => {
      void reply.header('cache-control', file.endsWith('.html') ? 'no-cache' : 'public, max-age=31536000, immutable');
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    if (request.method === 'GET' || isOfPage(request.headers['sec-fetch-site'])) return;
    await reply.status(403).send({ detail: 'Only the page of the console may ask for this.' });
  });
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    if (error instanceof z.ZodError) {
      const errors = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
      return reply.status(400).send({ detail: errors.join('; ') });
    }
    const status = error.statusCode ?? 502;
    if (status >= 500) request.log.error({ err: error }, 'a request failed');
    return reply.status(status).send({ detail: error.message });
  });

  app.get(base, (_request, reply) => reply.redirect(`${base}/`));
  app.get('/', (_request, reply) => reply.redirect(`${base}/`));
  app.get('/health/live', () => ({ status: 'up' }));
  app.get('/health/ready', (_request, reply) =>
    reply.status(observer.snapshot ? 200 : 503).send({ status: observer.snapshot ? 'up' : 'down' }),
  );
  app.register(
    async (api) => {
      addControls(api, { observer, load });
      api.get('/stream', async (request, reply) => {
        if (!stream.isOpen) return reply.status(503).send({ detail: 'No further page can be served now.' });
        const lastEventId = request.headers['last-event-id'];
        for (const [name, value] of Object.entries(reply.getHeaders())) {
          if (value !== undefined) reply.raw.setHeader(name, value);
        }
        reply.hijack();
        reply.raw.writeHead(200, streamHeaders);
        stream.connect(reply.raw, typeof lastEventId === 'string' ? lastEventId : undefined);
        return reply;
      });
    },
    { prefix: `${base}/api` },
  );
  watchWhileListening(app, { observer, load, stream });
  return app;
}

/** Browsers say where a request comes from; other programs say nothing, and nobody can make them send one. */
function isOfPage(site: string | string[] | undefined): boolean {
  return site === undefined || site === 'same-origin';
}

interface Watch {
  readonly observer: Observer;
  readonly load: Load;
  readonly stream: Stream;
}

function watchWhileListening(app: FastifyInstance, { observer, load, stream }: Watch): void {
  let next: NodeJS.Timeout | undefined;
  let isOver = false;
  const intervals: NodeJS.Timeout[] = [];

  // One look after the other, each a second after the one before has begun, or later.
  const look = async (): Promise<void> => {
    const begun = performance.now();
    await observer.look().catch((err: unknown) => app.log.error({ err }, 'looking at the replicas failed'));
    if (!isOver) next = setTimeout(() => void look(), Math.max(0, lookMs - (performance.now() - begun)));
  };
  app.addHook('onListen', async () => {
    void look();
    intervals.push(
      setInterval(() => observer.tellEvents(), eventsMs),
      setInterval(() => load.beat(), beatMs),
    );
  });
  app.addHook('preClose', async () => {
    isOver = true;
    clearTimeout(next);
    for (const interval of intervals) clearInterval(interval);
    load.stop();
    observer.stop();
    stream.close();
  });
}
