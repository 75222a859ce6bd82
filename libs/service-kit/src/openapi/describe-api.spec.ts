import { Body, Controller, Get, Logger, Module, Param, Post, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createService } from '../bootstrap/service-process.ts';
import { ServiceKitModule } from '../service-kit.module.ts';
import { readConfig } from '../config/read-config.ts';
import { serviceVariables } from '../config/service-config.ts';
import { ServiceHealthModule } from '../health/service-health.module.ts';
import { MetricsModule } from '../metrics/metrics.module.ts';
import { serviceKitKinds } from '../problem-details/problem-details.ts';
import { apiIssues } from '../testing/api-checks.ts';
import type { OpenApiDocument } from './document.ts';
import { Answers, NeedsToken, Operation, Problems, TakesHeader } from './operation-decorators.ts';

const berthSchema = z.object({ id: z.string(), at: z.iso.datetime().nullable() }).meta({ id: 'Berth' });
const newBerth = z.strictObject({ length: z.int().min(3).max(400), name: z.string().max(40).optional() });
const key = z.string().min(1).max(255).optional();

const taken = { type: 'urn:breakwater:problem:berth-taken', title: 'Berth taken', status: 409 };

@Controller('berths')
class BerthsController {
  @Get()
  @Operation('listBerths', 'Lists the berths')
  @Answers(200, z.array(berthSchema), 'The berths')
  list(@Query({ schema: z.strictObject({ size: z.coerce.number().max(100).optional() }) }) query: unknown) {
    return [query];
  }

  @Get(':id')
  @Operation('findBerth', 'Finds a berth')
  @Answers(200, berthSchema, 'The berth', { headers: ['ETag'] })
  find(@Param('id', { schema: z.uuid() }) id: string, @Query('at', { schema: z.iso.date().optional() }) at?: string) {
    return { id, at };
  }

  @Post()
  @NeedsToken()
  @Operation('addBerth', 'Adds a berth')
  @Answers(201, berthSchema, 'The berth', { headers: ['Location'] })
  @Problems(taken, serviceKitKinds['database-unavailable'])
  @TakesHeader('Idempotency-Key', key, 'Makes it safe to try again')
  add(@Body({ schema: newBerth }) body: unknown) {
    return body;
  }

  @Get('inside')
  inside() {
    return {};
  }
}

const config = readConfig(z.object(serviceVariables('harbour', { port: 0 })), {
  DATABASE_URL: 'postgres://harbour@127.0.0.1:1/harbour',
  LOG_LEVEL: 'silent',
});

@Module({
  imports: [
    ServiceKitModule.forRoot({ name: 'harbour', migrations: {}, description: 'Berths.' }, config),
    ServiceHealthModule.forRoot(),
    MetricsModule,
  ],
  controllers: [BerthsController],
})
class HarbourModule {}

describe('the description of an API', () => {
  let app: NestFastifyApplication;
  let document: OpenApiDocument;

  const get = (path: string) => request(app.getHttpServer()).get(path);

  beforeAll(async () => {
    app = await createService('harbour', config, { module: HarbourModule });
    // Otherwise supertest would start and close the server for each request, also while others are in flight.
    await app.listen(0, '127.0.0.1');
    document = (await get('/openapi.json')).body as OpenApiDocument;
  });

  afterAll(async () => {
    await app.close();
    Logger.overrideLogger(false);
  });

  const operation = (path: string, method: 'get' | 'post' = 'get') => document.paths[path]?.[method];

  it('is complete', () => {
    expect(apiIssues(document)).toEqual([]);
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'harbour', description: 'Berths.' } });
  });

  it('has the routes that are operations, including health, and no others', () => {
    expect(Object.keys(document.paths)).toEqual(['/berths', '/berths/{id}', '/health/live', '/health/ready']);
  });

  it('has the limits of the schemas for requests', () => {
    expect(operation('/berths', 'post')?.requestBody).toMatchObject({
      content: {
        'application/json': {
          schema: {
            properties: { length: { type: 'integer', minimum: 3, maximum: 400 }, name: { maxLength: 40 } },
            required: ['length'],
            additionalProperties: false,
          },
        },
      },
    });
    expect(operation('/berths/{id}')?.parameters?.[0]).toMatchObject({ schema: { format: 'uuid' }, required: true });
  });

  it('has the optional parameters', () => {
    expect(operation('/berths', 'post')?.parameters?.[0]).toMatchObject({
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    });
    expect(operation('/berths/{id}')?.parameters?.[1]).toMatchObject({ name: 'at', in: 'query', required: false });
    expect(operation('/berths')?.parameters?.[0]).toMatchObject({ name: 'size', in: 'query', required: false });
    expect(JSON.stringify(document)).not.toContain('x-optional');
  });

  it('has the response as a component, with its headers', () => {
    expect(operation('/berths', 'post')?.responses['201']).toMatchObject({
      headers: { Location: { $ref: '#/components/headers/Location' }, 'X-Request-Id': expect.anything() as unknown },
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Berth' } } },
    });
    expect(document.components?.schemas?.['Berth']).toMatchObject({
      properties: { at: { anyOf: [{ format: 'date-time' }, { type: 'null' }] } },
    });
  });

  it('has every problem, including those of all operations, as problem details', () => {
    const { responses = {} } = operation('/berths', 'post') ?? {};

    expect(Object.keys(responses)).toEqual(['201', '400', '401', '409', '413', '415', '429', '500', '503']);
    expect(responses['503']).toMatchObject({
      description: 'Database unavailable, or: Overloaded',
      headers: { 'Retry-After': expect.anything() as unknown },
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/ProblemDetails' },
          examples: { 'database-unavailable': expect.anything() as unknown, overloaded: expect.anything() as unknown },
        },
      },
    });
    expect(Object.keys(operation('/health/live')?.responses ?? {})).toEqual(['200', '500']);
  });

  describe('for people', () => {
    const loadedBy = (html: string) => [...html.matchAll(/(?:src|href)=["']([^"']+)["']/g)].map(([, url = '']) => url);

    it.each(['/docs', '/docs/', '/harbour/docs'])('loads its files by relative URLs (at %s)', async (shown) => {
      const page = await get(shown.replace('/harbour', ''));
      const urls = loadedBy(page.text).map((url) => new URL(url, `http://harbour${shown}`).pathname);
      const loaded = await Promise.all(urls.map(async (url) => (await get(url.replace('/harbour', ''))).status));

      expect(page.status).toBe(200);
      expect(urls.length).toBeGreaterThan(3);
      expect(loaded).toEqual(urls.map(() => 200));
      expect(loadedBy(page.text).filter((url) => /^(\w+:)?\//.test(url))).toEqual([]);
    });

    it('has no inline script, and loads nothing from other servers', async () => {
      const { text, headers } = await get('/docs');
      const inline = [...text.matchAll(/<script(?<attributes>[^>]*)>(?<code>[^<]*)/g)].map(
        ({ groups }) => groups?.['code'],
      );

      expect(inline.join('').trim()).toBe('');
      expect(headers['content-security-policy']).toBe(
        "default-src 'none';script-src 'self';style-src 'self' 'unsafe-inline';img-src 'self' data:;" +
          "connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      );
    });

    it('shows the document itself', async () => {
      expect((await get('/docs/swagger-ui-init.js')).text).toContain('"operationId": "listBerths"');
    });
  });
});

describe('apiIssues', () => {
  it('lists the issues of each operation', () => {
    const document = {
      openapi: '3.1.0',
      info: { title: '', version: '' },
      paths: { '/berths/{id}': { get: { responses: { 404: { $ref: '#/components/responses/Gone' } } } } },
    };

    expect(apiIssues(document)).toEqual([
      '#/components/responses/Gone cannot be resolved',
      'get /berths/{id} has no unique operationId',
      'get /berths/{id} has no summary',
      'get /berths/{id} has no successful response',
      'get /berths/{id} has no problem details',
      'get /berths/{id} does not describe its parameter id',
    ]);
  });
});
