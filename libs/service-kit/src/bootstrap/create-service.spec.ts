import { DeadlineExceededError } from '@breakwater/resilience';
import { currentCallContext } from '@breakwater/resilience/nest';
import {
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  Logger,
  Module,
  Param,
  Post,
  Query,
  type DynamicModule,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ServiceKitModule } from '../service-kit.module.ts';
import { readConfig, type Environment } from '../config/read-config.ts';
import { serviceVariables } from '../config/service-config.ts';
import { Database } from '../database/database.ts';
import { ServiceHealthModule } from '../health/service-health.module.ts';
import { ProblemException, problemType } from '../problem-details/problem-details.ts';
import {
  ClientDisconnectedError,
  currentRequestId,
  RequestSignal,
  traceHeaders,
} from '../request-context/request-context.ts';
import { createService } from './service-process.ts';

const berth = z.strictObject({
  name: z.string().max(5, 'must have at most 5 characters'),
  at: z.object({ 'a/b': z.number() }).optional(),
});
const page = z.string().regex(/^\d+$/, 'must be a number').optional();

@Controller()
class HarbourController {
  readonly waiting = new EventEmitter<{ waiting: [AbortSignal] }>();

  constructor(private readonly database: Database<{ berths: { id: string } }>) {}

  @Get('berths/:id')
  find(@Param('id', { schema: z.string().max(3, 'must have at most 3 characters') }) id: string) {
    return { id };
  }

  @Get('berths')
  list(@Query('page', { schema: page }) pageNumber?: string) {
    return { pageNumber };
  }

  @Post('berths')
  @HttpCode(201)
  async create(@Body({ schema: berth }) body: z.output<typeof berth>) {
    await Promise.resolve();
    return { ...body, requestId: currentRequestId(), passedOn: traceHeaders() };
  }

  @Get('unexpected')
  unexpected() {
    throw new Error('SELECT secret FROM berths');
  }

  @Get('thrown/:kind')
  thrown(@Param('kind') kind: string) {
    const circular: Record<string, unknown> = { secret: 's3cret' };
    circular['self'] = circular;
    // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- a library may throw anything
    throw kind === 'text' ? 's3cret' : circular;
  }

  @Get('conflict')
  conflict() {
    throw new ConflictException('The berth is taken.');
  }

  @Get('problem')
  problem() {
    throw new ProblemException({
      type: 'urn:harbour:storm',
      title: 'Storm',
      status: 503,
      detail: 'The harbour is closed.',
      extensions: { wind: 11 },
      headers: { 'retry-after': '60' },
      cause: new Error('barometer at 960 hPa'),
    });
  }

  @Get('fog')
  fog() {
    throw new FogError('Visibility is too low.');
  }

  @Get('wait')
  async wait(@RequestSignal() signal: AbortSignal) {
    this.waiting.emit('waiting', signal);
    await once(signal, 'abort');
    throw signal.reason;
  }

  @Get('quick')
  quick(@RequestSignal() signal: AbortSignal) {
    this.waiting.emit('waiting', signal);
    return {};
  }

  @Get('stream')
  async stream(@RequestSignal('disconnect') signal: AbortSignal) {
    await new Promise<void>((resolve) => void currentCallContext().deadline?.whenPassed(resolve));
    return { isAborted: signal.aborted };
  }

  @Get('database')
  async stored() {
    return this.database.tables.selectFrom('berths').select('id').execute();
  }
}

class FogError extends Error {}

/** Describes the errors of the harbour itself. */
const describeFog = (error: unknown) =>
  error instanceof FogError
    ? { title: 'Fog', status: 503, detail: error.message, headers: { 'retry-after': '9' } }
    : undefined;

@Module({})
class HarbourModule {
  static forRoot(environment: Environment): DynamicModule {
    const service = { name: 'harbour', migrations: {} };
    return {
      module: HarbourModule,
      imports: [
        ServiceKitModule.forRoot(service, configOf(environment), { describe: describeFog }),
        ServiceHealthModule.forRoot(),
      ],
      controllers: [HarbourController],
    };
  }
}

const configOf = (environment: Environment) =>
  readConfig(z.object(serviceVariables('harbour', { port: 0 })), environment);

const environment = {
  // Nothing listens on port 1.
  DATABASE_URL: 'postgres://harbour:s3cret@127.0.0.1:1/harbour',
  INSTANCE_NAME: 'harbour-1',
  LOG_LEVEL: 'silent',
  SHUTDOWN_DELAY: '0ms',
};

describe('a service on the service kit', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await createService('harbour', configOf(environment), HarbourModule.forRoot(environment));
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });

  afterAll(async () => {
    await app.close();
    Logger.overrideLogger(false);
  });

  const http = () => request(app.getHttpServer());

  describe('request id', () => {
    it('is that of the caller, during the work and in the response', async () => {
      const response = await http().post('/berths').set('x-request-id', 'gate-1.a_b').send({ name: 'north' });

      expect(response.status).toBe(201);
      expect(response.body).toMatchObject({ name: 'north', requestId: 'gate-1.a_b' });
      expect(response.headers).toMatchObject({ 'x-request-id': 'gate-1.a_b', 'x-instance': 'harbour-1' });
    });

    it('is a new one without a valid one of the caller', async () => {
      const response = await http().get('/berths/1').set('x-request-id', 'a b');

      expect(response.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    });
  });

  describe('trace', () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const passedOn = async (headers: Record<string, string>): Promise<Record<string, string>> => {
      const { body } = await http().post('/berths').set(headers).send({ name: 'north' });
      return (body as { passedOn: Record<string, string> }).passedOn;
    };

    it('is that of the caller, and is passed on with a new span', async () => {
      const spanId = '00f067aa0ba902b7';
      const headers = { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'vendor=1' };

      const { traceparent = '', tracestate } = await passedOn(headers);

      expect(traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
      expect(traceparent).not.toContain(spanId);
      expect(tracestate).toBe('vendor=1');
    });

    it('is a new one without a valid one of the caller', async () => {
      const { traceparent = '', ...others } = await passedOn({ traceparent: traceId, tracestate: 'vendor=1' });

      expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
      expect(traceparent).not.toContain(traceId);
      expect(others).toEqual({});
    });
  });

  describe('problem details', () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const sent = { 'x-request-id': 'r-1', traceparent: `00-${traceId}-00f067aa0ba902b7-01` };

    /** The body and the header that all problems have. */
    const problem = (
      type: string,
      status: number,
      title: string,
      detail: string,
      instance: string,
      extensions: object = {},
    ) => ({
      status,
      contentType: 'application/problem+json; charset=utf-8',
      requestId: 'r-1',
      body: { type: problemType(type), title, status, detail, instance, requestId: 'r-1', traceId, ...extensions },
    });

    const summary = ({ status, headers, body }: request.Response) => ({
      status,
      contentType: headers['content-type'],
      requestId: headers['x-request-id'],
      body: body as unknown,
    });

    const get = async (path: string) => summary(await http().get(path).set(sent));
    const post = async (body: string, contentType = 'application/json') =>
      summary(await http().post('/berths').set(sent).set('content-type', contentType).send(body));

    it('respond to a path without a route', async () => {
      expect(await get('/ships?all=1')).toEqual(
        problem('not-found', 404, 'Not Found', 'Cannot GET /ships?all=1', '/ships'),
      );
    });

    it('respond to a URL that cannot be decoded', async () => {
      expect(await get('/berths/%zz')).toEqual(
        problem('bad-request', 400, 'Bad Request', "'/berths/%zz' is not a valid url component", '/berths/%zz'),
      );
    });

    it('describe an exception of Nest', async () => {
      expect(await get('/conflict')).toEqual(problem('conflict', 409, 'Conflict', 'The berth is taken.', '/conflict'));
    });

    it('do not disclose an unexpected error', async () => {
      const response = await get('/unexpected');

      expect(response).toEqual(
        problem(
          'internal-error',
          500,
          'Internal Server Error',
          'An unexpected error occurred. The logs have the details under the request id.',
          '/unexpected',
        ),
      );
    });

    it('have the members and headers of a ProblemException', async () => {
      const response = await http().get('/problem').set(sent);

      expect(summary(response)).toEqual(
        problem('', 503, 'Storm', 'The harbour is closed.', '/problem', { type: 'urn:harbour:storm', wind: 11 }),
      );
      expect(response.headers['retry-after']).toBe('60');
    });

    it('have the description that the service has for its own error', async () => {
      const response = await http().get('/fog').set(sent);

      expect(summary(response)).toEqual(problem('service-unavailable', 503, 'Fog', 'Visibility is too low.', '/fog'));
      expect(response.headers['retry-after']).toBe('9');
    });

    it('have status 503 when the database is unavailable', async () => {
      const response = await get('/database');

      expect(response.status).toBe(503);
      expect(response.body).toMatchObject({
        type: 'urn:breakwater:problem:database-unavailable',
        title: 'Database unavailable',
      });
      expect(JSON.stringify(response.body)).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|s3cret|select/i);
    });

    it('refuse a body that is not JSON', async () => {
      expect(await post('{"name":')).toEqual(
        problem(
          'bad-request',
          400,
          'Bad Request',
          "Body is not valid JSON but content-type is set to 'application/json'",
          '/berths',
        ),
      );
    });

    it('refuse a body that is too large', async () => {
      expect(await post(JSON.stringify({ name: 'x'.repeat(64 * 1024) }))).toEqual(
        problem('content-too-large', 413, 'Content Too Large', 'Request body is too large', '/berths'),
      );
    });

    it('refuse a body of another media type', async () => {
      expect(await post('name=north', 'application/x-www-form-urlencoded')).toEqual(
        problem('unsupported-media-type', 415, 'Unsupported Media Type', expect.any(String) as string, '/berths'),
      );
    });

    it('refuse a body that is nested too deeply', async () => {
      const deep = '['.repeat(30_000) + ']'.repeat(30_000);

      expect(await post(deep)).toMatchObject({ status: 400, body: { type: problemType('invalid-request'), traceId } });
      expect(await post(`{"__proto__":${deep}}`)).toMatchObject({ status: 400, body: { traceId } });
    });

    it('list the methods of a path that exists for other methods', async () => {
      const response = await http().delete('/berths').set(sent);

      expect(summary(response)).toEqual(
        problem(
          'method-not-allowed',
          405,
          'Method Not Allowed',
          'This path does not support DELETE; it supports GET, HEAD, POST.',
          '/berths',
        ),
      );
      expect(response.headers['allow']).toBe('GET, HEAD, POST');
    });

    it.each(['text', 'circular'])('do not disclose a thrown value that is no error (%s)', async (kind) => {
      const response = await get(`/thrown/${kind}`);

      expect(response).toMatchObject({ status: 500, body: { type: problemType('internal-error'), traceId } });
      expect(JSON.stringify(response)).not.toContain('s3cret');
    });

    it('list every error of a body with its pointer', async () => {
      expect(await post(JSON.stringify({ name: 'too long', at: { 'a/b': 'x' }, 'c~d': 1, e: 2 }))).toEqual(
        problem(
          'invalid-request',
          400,
          'Invalid request',
          'The body is not valid for this operation. See errors.',
          '/berths',
          {
            errors: [
              { pointer: '#/name', detail: 'must have at most 5 characters' },
              { pointer: '#/at/a~1b', detail: expect.stringContaining('expected number') as string },
              { pointer: '#/c~0d', detail: 'is not a field of this operation' },
              { pointer: '#/e', detail: 'is not a field of this operation' },
            ],
          },
        ),
      );
    });

    it('have a pointer for a field whose name a URI cannot contain', async () => {
      expect(await post(String.raw`{"\ud800":1}`)).toMatchObject({
        status: 400,
        body: { errors: expect.arrayContaining([{ pointer: '#/%EF%BF%BD', detail: expect.any(String) as string }]) },
      });
    });

    it('refuse a missing body', async () => {
      const response = await http().post('/berths');

      expect(response.status).toBe(400);
      expect(response.body).toMatchObject({ errors: [{ pointer: '#' }] });
    });

    it.each([
      ['/berths/long', 'id', 'path parameter id', 'must have at most 3 characters'],
      ['/berths?page=x', 'page', 'query parameter page', 'must be a number'],
    ])('name the invalid parameter of %s', async (path, parameter, part, detail) => {
      expect((await get(path)).body).toMatchObject({
        status: 400,
        detail: `The ${part} is not valid for this operation. See errors.`,
        errors: [{ parameter, detail }],
      });
    });
  });

  describe('the signal of a request', () => {
    beforeAll(async () => {
      await app.listen(0, '127.0.0.1');
    });

    it('aborts when the client disconnects before the response', async () => {
      const { waiting } = app.get(HarbourController);
      const client = new AbortController();
      const began = once(waiting, 'waiting');
      const responding = fetch(`${await app.getUrl()}/wait`, { signal: client.signal });
      const [signal]: [AbortSignal] = (await began) as [AbortSignal];
      const aborted = once(signal, 'abort');

      client.abort();

      await expect(responding).rejects.toThrow('aborted');
      await aborted;
      expect(signal.reason).toBeInstanceOf(ClientDisconnectedError);
    });

    it('aborts when the deadline of the caller has passed, with status 504', async () => {
      const began = once(app.get(HarbourController).waiting, 'waiting');

      const response = await http().get('/wait').set('x-request-timeout-ms', '30').set('x-request-id', 'r-1');

      const [signal]: [AbortSignal] = (await began) as [AbortSignal];
      expect(signal.reason).toBeInstanceOf(DeadlineExceededError);
      expect(response.status).toBe(504);
      expect(response.body).toEqual({
        type: 'urn:breakwater:problem:deadline-exceeded',
        title: 'Not answered in time',
        status: 504,
        detail: 'The deadline of the request has passed.',
        instance: '/wait',
        requestId: 'r-1',
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      });
    });

    it.each(['0', '5'])('is not created when the deadline of %s ms has passed on arrival', async (ms) => {
      let hasBegun = false;
      app.get(HarbourController).waiting.once('waiting', () => (hasBegun = true));

      const response = await http().get('/quick').set('x-request-timeout-ms', ms);

      expect({ status: response.status, hasBegun }).toEqual({ status: 504, hasBegun: false });
      app.get(HarbourController).waiting.removeAllListeners();
    });

    it.each(['9999999999', 'soon'])('does not abort before the deadline (%s)', async (ms) => {
      const client = new AbortController();
      const began = once(app.get(HarbourController).waiting, 'waiting');
      const headers = { 'x-request-timeout-ms': ms };
      const responding = fetch(`${await app.getUrl()}/wait`, { signal: client.signal, headers });
      const [signal]: [AbortSignal] = (await began) as [AbortSignal];

      // Several turns of the event loop, in which a timer that cannot hold so much would fire.
      for (let n = 1; n <= 5; n += 1) await http().get('/health/live');
      const { aborted } = signal;
      client.abort();

      await expect(responding).rejects.toThrow('aborted');
      expect(aborted).toBe(false);
    });

    it('does not abort on the deadline when it is for the disconnect only', async () => {
      const response = await http().get('/stream').set('x-request-timeout-ms', '30');

      expect(response.body).toEqual({ isAborted: false });
    });

    it('does not abort when the response ends', async () => {
      const began = once(app.get(HarbourController).waiting, 'waiting');

      await http().get('/quick');

      const [signal]: [AbortSignal] = (await began) as [AbortSignal];
      expect(signal.aborted).toBe(false);
    });
  });

  describe('invalid HTTP', () => {
    const send = async (text: string): Promise<{ head: string; body: unknown }> => {
      const { port, hostname } = new URL(await app.getUrl());
      const socket = connect(Number(port), hostname.replaceAll(/[[\]]/g, ''));
      socket.end(text);
      const chunks: unknown[] = await Array.fromAsync(socket);
      const [head = '', body = ''] = chunks.join('').split('\r\n\r\n');
      return { head, body: JSON.parse(body) };
    };

    it.each([
      ['something else', 'ships ahoy\r\n\r\n', 400, 'bad-request'],
      ['too many headers', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n`, 431, 'request-header-fields-too-large'],
    ])('gets problem details: %s', async (_, text, status, type) => {
      const { head, body } = await send(text);

      expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*x-instance: harbour-1[^]*application/problem\\+json`));
      expect(body).toMatchObject({
        type: problemType(type),
        status,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      });
    });
  });

  describe('health', () => {
    it('is live without its database', async () => {
      const { status, body } = await http().get('/health/live');

      expect({ status, body: body as unknown }).toEqual({
        status: 200,
        body: { status: 'ok', info: {}, error: {}, details: {} },
      });
    });

    it('is not ready without its database', async () => {
      const { status, headers, body } = await http().get('/health/ready');

      expect(status).toBe(503);
      expect(headers['cache-control']).toBe('no-store');
      const error = { database: { status: 'down' } };
      expect(body).toEqual({ status: 'error', info: {}, error, details: error });
    });
  });
});
