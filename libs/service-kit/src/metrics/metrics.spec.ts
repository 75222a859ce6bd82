import {
  ConflictException,
  Controller,
  Delete,
  Get,
  Logger,
  Module,
  Param,
  type DynamicModule,
  type Type,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { EventEmitter, once } from 'node:events';
import { type IncomingMessage, METHODS, request as httpRequest } from 'node:http';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { createService } from '../bootstrap/service-process.ts';
import { ServiceKitModule } from '../service-kit.module.ts';
import { readConfig } from '../config/read-config.ts';
import { serviceVariables, type ServiceConfig } from '../config/service-config.ts';
import { ServiceHealthModule } from '../health/service-health.module.ts';
import { Answers } from '../openapi/operation-decorators.ts';
import { MetricsModule } from './metrics.module.ts';
import { MetricsRegistry } from './metrics.registry.ts';

@Controller('moles')
class MolesController {
  @Get(':mole/lamps')
  @Answers(200, z.array(z.string()), 'The lamps')
  @Answers(304, undefined, 'The client has them')
  find(): string[] {
    return [];
  }
}

@Controller('berths')
class BerthsController {
  readonly events = new EventEmitter<{ waiting: [() => void] }>();

  @Get(':berth/ships/:ship')
  find(@Param('ship') ship: string) {
    if (ship === 'taken') throw new ConflictException();
    if (ship === 'sunk') throw new TypeError('no such ship');
    return { ship };
  }

  @Delete(':berth')
  remove(): void {}

  @Get('wait')
  wait(): Promise<void> {
    return new Promise((resolve) => this.events.emit('waiting', resolve));
  }
}

@Module({})
class HarbourModule {
  static forRoot(config: ServiceConfig, controllers: Type[]): DynamicModule {
    return {
      module: HarbourModule,
      imports: [
        ServiceKitModule.forRoot({ name: 'harbour', migrations: {} }, config),
        ServiceHealthModule.forRoot(),
        MetricsModule,
      ],
      controllers,
    };
  }
}

async function startHarbour(controllers: Type[] = [BerthsController]): Promise<NestFastifyApplication> {
  const config = readConfig(z.object(serviceVariables('harbour', { port: 0 })), {
    // Nothing listens on port 1.
    DATABASE_URL: 'postgres://harbour@127.0.0.1:1/harbour',
    LOG_LEVEL: 'silent',
    SHUTDOWN_DELAY: '0ms',
  });
  const app = await createService('harbour', config, HarbourModule.forRoot(config, controllers));
  await app.listen(0, '127.0.0.1');
  return app;
}

describe('the metrics of a service', () => {
  let app: NestFastifyApplication;

  beforeEach(async () => {
    app = await startHarbour();
  });

  afterEach(async () => {
    await app.close();
    Logger.overrideLogger(false);
  });

  const get = (path: string) => request(app.getHttpServer()).get(path);

  /** The lines of the metrics of this name. */
  const series = async (name: string): Promise<string[]> => {
    const { text } = await get('/metrics');
    return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  };

  const counts = (): Promise<string[]> => series('http_server_requests_seconds_count');

  it.each(['/metrics', '/actuator/prometheus'])('are at %s, in Prometheus’ format', async (path) => {
    const { status, headers, text } = await get(path);

    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'cache-control': 'no-store',
    });
    expect(text).toMatch(/^# TYPE http_server_requests_shed_total counter$/m);
  });

  describe('for a client that accepts OpenMetrics', () => {
    const accept = 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
    const scrape = async () => {
      const response = await fetch(`${await app.getUrl()}/metrics`, { headers: { accept } });
      return { headers: response.headers, body: await response.text() };
    };
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const bucketsOf = (text: string) => text.split('\n').filter((line) => line.includes('_seconds_bucket{'));

    it('have the same series, and end with # EOF', async () => {
      await get('/berths/1/ships/2');
      const samplesOf = (text: string) =>
        text
          .split('\n')
          .filter((line) => /^[^#]/.test(line))
          .map((line) => line.slice(0, line.lastIndexOf(' ')));

      const { headers, body } = await scrape();
      const { text } = await get('/metrics');

      expect(headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
      expect(headers.get('vary')).toBe('accept, accept-encoding');
      expect(samplesOf(body)).toEqual(samplesOf(text));
      expect(body).toMatch(/^# TYPE http_server_requests_shed counter$/m);
      expect(body).not.toMatch(/\n\n/);
      expect(body).toMatch(/\n# EOF\n$/);
    });

    it('link the bucket of a request to its trace if that is sampled', async () => {
      await get('/berths/1/ships/2').set('traceparent', `00-${traceId}-b7ad6b7169203331-01`);

      const { body } = await scrape();
      const linked = bucketsOf(body).filter((line) => line.includes(' # '));

      expect(linked).toEqual([
        expect.stringMatching(
          new RegExp(
            `uri="/berths/\\{berth\\}/ships/\\{ship\\}".*\\} 1 # \\{trace_id="${traceId}"\\} [0-9.e-]+ [0-9.]+$`,
          ),
        ),
      ]);
      expect((await get('/metrics')).text).not.toContain(traceId);
    });

    it('link nothing to a trace that is not sampled', async () => {
      await get('/berths/1/ships/2').set('traceparent', `00-${traceId}-b7ad6b7169203331-00`);
      await get('/berths/1/ships/2');

      const { body } = await scrape();

      expect(bucketsOf(body)).not.toEqual([]);
      expect(body).not.toContain(' # {');
    });
  });

  it('include those of the process that panels, alerts and load tests read, and no others', async () => {
    const { text } = await get('/metrics');

    expect(
      text
        .match(/^(?:nodejs|process)_\w+ [0-9.e-]+$/gm)
        ?.map((line) => line.split(' ')[0])
        .sort(),
    ).toEqual([
      'nodejs_eventloop_lag_p99_seconds',
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'process_start_time_seconds',
    ]);
    expect(text).not.toMatch(/^nodejs_\w+\{/m);
  });

  it('leave out those without series', async () => {
    const { text } = await get('/metrics');

    for (const family of text.trim().split('\n\n')) expect(family).toMatch(/^# HELP .*\n# TYPE .*\n[^#]/);
  });

  it.each([
    { accepted: 'gzip', encoding: 'gzip' },
    { accepted: 'deflate, gzip;q=0.5', encoding: 'gzip' },
    { accepted: 'identity', encoding: null },
    { accepted: 'gzip;q=0', encoding: null },
    { accepted: '', encoding: null },
  ])('have the encoding $encoding for "accept-encoding: $accepted"', async ({ accepted, encoding }) => {
    const response = await fetch(`${await app.getUrl()}/metrics`, { headers: { 'accept-encoding': accepted } });

    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(response.headers.get('vary')).toBe('accept, accept-encoding');
    expect(await response.text()).toMatch(/^# TYPE http_server_requests_shed_total counter$/m);
  });

  it('are rendered once for concurrent readers, and again for later ones', async () => {
    const registry = app.get(MetricsRegistry);
    const rendered = vi.spyOn(registry, 'getMetricsAsArray');

    await Promise.all(Array.from({ length: 100 }, () => registry.metrics()));
    const atOnce = rendered.mock.calls.length;
    await registry.metrics();

    expect(atOnce).toBe(1);
    expect(rendered).toHaveBeenCalledTimes(2);
  });

  it('count requests by the template of their route', async () => {
    for (const path of ['/berths/1/ships/a', '/berths/2/ships/b?x=1']) await get(path);

    expect(await counts()).toEqual([
      'http_server_requests_seconds_count{method="GET",uri="/berths/{berth}/ships/{ship}",status="200",outcome="SUCCESS",exception="none"} 2',
    ]);
    expect(await series('http_server_requests_seconds_sum')).toHaveLength(1);
    expect((await series('http_server_requests_seconds_bucket')).at(-1)).toMatch(/le="\+Inf",.*} 2$/);
  });

  it('show how requests failed', async () => {
    for (const ship of ['taken', 'sunk']) await get(`/berths/1/ships/${ship}`);

    expect(await counts()).toEqual([
      expect.stringContaining('status="409",outcome="CLIENT_ERROR",exception="ConflictException"} 1'),
      expect.stringContaining('status="500",outcome="SERVER_ERROR",exception="TypeError"} 1'),
    ]);
  });

  it('count all requests without a route as one', async () => {
    for (const path of ['/ships/1', '/ships/2', '/']) await get(path);

    expect(await counts()).toEqual([
      'http_server_requests_seconds_count{method="GET",uri="NOT_FOUND",status="404",outcome="CLIENT_ERROR",exception="NotFoundException"} 3',
    ]);
  });

  it('count all methods that no route has as one, however many there are', async () => {
    const { port } = new URL(await app.getUrl());
    // CONNECT does not get a response of the service.
    const methods = METHODS.filter((method) => method !== 'CONNECT');
    for (const method of methods) {
      const sent = httpRequest({ port, host: '127.0.0.1', method, path: '/berths/1/ships/a' }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      await once(response.resume(), 'end');
    }

    const lines = [...(await counts()), ...(await series('http_server_requests_active'))];
    const labels = new Set(lines.map((line) => /method="([^"]*)"/.exec(line)?.[1]));
    expect(methods.length).toBeGreaterThan(25);
    // HEAD has the routes of GET.
    expect(labels).toEqual(new Set(['DELETE', 'GET', 'HEAD', 'UNKNOWN']));
  });

  it('get no further series from other paths, methods and headers of requests without a route', async () => {
    const agent = request(app.getHttpServer());
    const sendOdd = async (value: string) => {
      for (const method of ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'propfind'] as const) {
        await agent[method](`/${value}`).set(value, value);
        await agent[method](`/${value}/%`);
        await agent[method](`/${value}/${'x'.repeat(5_000)}`);
        await agent[method](`/${value}`)
          .set('content-type', `text/${value}`)
          .send(method === 'head' ? undefined : value);
      }
    };
    const unrouted = async () => (await counts()).filter((line) => line.includes('uri="NOT_FOUND"')).length;

    await sendOdd('first');
    const first = await unrouted();
    await sendOdd('second');

    expect(first).toBeGreaterThan(3);
    // The methods of the routes and UNKNOWN; not found and too long.
    expect(first).toBeLessThanOrEqual(4 * 2);
    expect(await unrouted()).toBe(first);
  });

  it('show 0 for each successful response that a route describes, also after a restart', async () => {
    const scrapes = [1, 2].map(async () => {
      const harbour = await startHarbour([MolesController]);
      onTestFinished(() => harbour.close());
      return (await request(harbour.getHttpServer()).get('/metrics')).text.split('\n');
    });

    const [first = [], second = []] = await Promise.all(scrapes);
    const route = 'method="GET",uri="/moles/{mole}/lamps"';
    const ofRequests = (lines: readonly string[]) =>
      lines.filter((line) => line.startsWith('http_server_requests_seconds_'));
    expect(ofRequests(first).filter((line) => line.includes('_count'))).toEqual([
      `http_server_requests_seconds_count{${route},status="200",outcome="SUCCESS",exception="none"} 0`,
      `http_server_requests_seconds_count{${route},status="304",outcome="REDIRECTION",exception="none"} 0`,
    ]);
    expect(ofRequests(first).filter((line) => !line.endsWith(' 0'))).toEqual([]);
    expect(ofRequests(second)).toEqual(ofRequests(first));
  });

  it('do not count probes', async () => {
    for (const path of ['/health/live', '/health/ready', '/metrics', '/actuator/prometheus?x=1']) await get(path);

    expect(await counts()).toEqual([]);
    expect(await series('http_server_requests_active')).toEqual([]);
  });

  it('count paths below those of probes', async () => {
    for (const path of ['/health/x', '/health/live/x', '/metrics/x']) await get(path);

    expect(await counts()).toEqual([expect.stringMatching(/uri="NOT_FOUND".*} 3$/)]);
  });

  describe('of a request in flight', () => {
    const active = () => series('http_server_requests_active');

    async function startWaiting(signal: AbortSignal) {
      const waiting = once(app.get(BerthsController).events, 'waiting');
      const response = fetch(`${await app.getUrl()}/berths/wait`, { signal });
      const [finish] = (await waiting) as [() => void];
      return { response, finish };
    }

    it('count it until its response', async () => {
      const { response, finish } = await startWaiting(new AbortController().signal);

      const during = await active();
      finish();
      await (await response).text();

      expect(during).toEqual(['http_server_requests_active{method="GET",uri="/berths/wait"} 1']);
      expect(await active()).toEqual(['http_server_requests_active{method="GET",uri="/berths/wait"} 0']);
    });

    it('count it until its client disconnects, without a status', async () => {
      const client = new AbortController();
      const { response, finish } = await startWaiting(client.signal);

      client.abort();

      await expect(response).rejects.toThrow('aborted');
      await vi.waitFor(async () => expect(await active()).toEqual([expect.stringMatching(/} 0$/)]));
      expect(await counts()).toEqual([
        'http_server_requests_seconds_count{method="GET",uri="/berths/wait",status="UNKNOWN",outcome="UNKNOWN",exception="none"} 1',
      ]);
      finish();
    });
  });

  it('show the connections to the database', async () => {
    const shown = await Promise.all(
      ['', '_idle', '_pending', '_max'].map((name) => series(`pg_pool_connections${name}`)),
    );

    expect(shown.flat()).toEqual([
      'pg_pool_connections 0',
      'pg_pool_connections_idle 0',
      'pg_pool_connections_pending 0',
      'pg_pool_connections_max 10',
    ]);
  });

  it('are separate from those of another application in the process', async () => {
    const other = await startHarbour();

    await request(other.getHttpServer()).get('/berths/1/ships/a');
    await other.close();

    expect(await counts()).toEqual([]);
  });
});
