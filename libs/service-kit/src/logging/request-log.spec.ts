import fastify from 'fastify';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loggerOptions } from './logging.ts';
import { logRequests } from './request-log.ts';

type Line = Readonly<Record<string, unknown>>;

async function start() {
  const lines: Line[] = [];
  const logged = Promise.withResolvers<void>();
  const write = (text: string): void => {
    lines.push(JSON.parse(text) as Line);
    logged.resolve();
  };
  const app = fastify({ genReqId: () => 'r-1' });
  logRequests(app, pino(loggerOptions('harbour', { INSTANCE_NAME: 'harbour-1', LOG_LEVEL: 'info' }), { write }));
  app.get('/berths', (_request, reply) => reply.status(201).send({}));
  app.get('/broken', (_request, reply) => reply.status(503).send({}));
  app.get('/endless', (_request, reply) => {
    reply.raw.writeHead(200);
    reply.raw.write('part');
    reply.hijack();
  });
  app.get('/errored', (_request, reply) => {
    reply.hijack();
    reply.raw.destroy(new Error('calling http://u:s3cret@h/'));
  });
  for (const path of ['/health/live', '/metrics', '/health/x']) app.get(path, () => ({}));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  return { lines, logged: logged.promise, url, app };
}

describe('logRequests', () => {
  it('logs one line with the id, the trace and the URL of the request, without its secrets', async () => {
    const { lines, logged, url } = await start();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

    await fetch(`${url}/berths?token=s3cret`, { headers: { traceparent } });
    await logged;

    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.any(String) as string,
        service: 'harbour',
        instance: 'harbour-1',
        requestId: 'r-1',
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        req: { method: 'GET', url: '/berths?token=***' },
        res: { statusCode: 201 },
        responseTime: expect.any(Number) as number,
        msg: 'request completed',
      },
    ]);
  });

  it('logs a response of 500 or more as an error', async () => {
    const { lines, logged, url } = await start();

    await fetch(`${url}/broken`);
    await logged;

    expect(lines).toMatchObject([{ level: 'error', res: { statusCode: 503 }, msg: 'request failed' }]);
  });

  it('logs a response that its client does not wait for', async () => {
    const { lines, logged, url } = await start();
    const request = httpRequest(`${url}/endless`).end();
    request.on('error', () => {});
    await once(request, 'response');

    request.destroy();
    await logged;

    expect(lines).toMatchObject([{ level: 'info', res: { statusCode: 200 }, msg: 'request aborted' }]);
  });

  it('logs the error of a response that breaks, without its secrets', async () => {
    const { lines, logged, url } = await start();

    await expect(fetch(`${url}/errored`)).rejects.toThrow('fetch failed');
    await logged;

    expect(lines).toMatchObject([
      { level: 'error', err: { message: 'calling http://u:***@h/' }, res: { statusCode: null }, msg: 'request failed' },
    ]);
  });

  it('logs unknown paths', async () => {
    const { lines, logged, url } = await start();

    await fetch(`${url}/unknown`);
    await logged;

    expect(lines).toMatchObject([{ req: { url: '/unknown' }, res: { statusCode: 404 } }]);
  });

  it('logs no probes, and logs requests for paths next to them', async () => {
    const { lines, logged, url } = await start();

    for (const path of ['/health/live?x=1', '/metrics', '/health/x']) await fetch(url + path);
    await logged;

    expect(lines).toMatchObject([{ req: { url: '/health/x' } }]);
  });
});
