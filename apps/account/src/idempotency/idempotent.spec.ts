import { createService, readConfig, ServiceKitModule, serviceVariables } from '@breakwater/service-kit';
import { Body, Controller, Header, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { KeyedRequest } from './idempotency-keys.ts';
import { Idempotent, IdempotentRequests, type Decided, type Decision, type Response } from './idempotent.ts';

interface Berth {
  readonly id: number;
}

const berth = { id: 7 };
const full = { type: 'urn:harbour:full', title: 'Full', status: 422, headers: { 'x-free': '0' } };
const write = async () => true;

@Controller('berths')
class BerthsController {
  @Post()
  @Idempotent(({ id }: Berth) => ({ location: `/berths/${id}` }))
  // Decorates the method itself, before `@Idempotent()` replaces it.
  @Header('x-dock', '4')
  async reserve(
    @Body({ schema: z.strictObject({ ship: z.string() }) }) dto: { ship: string },
  ): Promise<Decided<Berth>> {
    return dto.ship === 'Titanic' ? { problem: full } : { status: 202, body: berth, write };
  }

  @Post('later')
  @Idempotent()
  async reserveLater(
    @Body({ schema: z.strictObject({ ship: z.string() }) }) dto: { ship: string },
  ): Promise<Decided<Berth>> {
    return { status: 202, body: { id: dto.ship.length }, write };
  }
}

describe('@Idempotent()', () => {
  const respond = vi.fn<IdempotentRequests['respond']>();
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const config = readConfig(z.object(serviceVariables('harbour', { port: 0 })), {
      DATABASE_URL: 'postgres://127.0.0.1/none',
      LOG_LEVEL: 'silent',
    });
    @Module({
      imports: [ServiceKitModule.forRoot({ name: 'harbour', migrations: {} }, config)],
      controllers: [BerthsController],
      providers: [{ provide: IdempotentRequests, useValue: { respond } }],
    })
    class HarbourModule {}
    app = await createService('harbour', config, { module: HarbourModule });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });

  afterEach(() => respond.mockReset());
  afterAll(() => app.close());

  /** Responds as without a stored response. */
  const decided = async (_: KeyedRequest | undefined, decide: () => Promise<Decided<object>>): Promise<Response> => {
    const decision = (await decide()) as Decision<object>;
    return 'problem' in decision
      ? { status: decision.problem.status, body: decision.problem, replayed: false }
      : { status: decision.status, body: decision.body, replayed: false };
  };

  const post = (payload: object, key?: string, url = '/berths?a=1') =>
    app.inject({
      method: 'POST',
      url,
      payload,
      headers: key === undefined ? {} : { 'idempotency-key': key },
    });

  it('responds with the status, the body and the headers of the decision', async () => {
    respond.mockImplementation(decided);

    const { statusCode, headers, body } = await post({ ship: 'Ada' }, 'k-1');

    expect(statusCode).toBe(202);
    expect(JSON.parse(body)).toEqual(berth);
    expect(headers).toMatchObject({ location: '/berths/7' });
    expect(headers).not.toHaveProperty('idempotency-replayed');
  });

  it('keeps the name of the method and what decorators below it have set', async () => {
    respond.mockImplementation(decided);

    const { headers } = await post({ ship: 'Ada' }, 'k-1');

    expect(headers).toMatchObject({ 'x-dock': '4' });
    expect(BerthsController.prototype.reserve.name).toBe('reserve');
  });

  it('adds no header when none is configured', async () => {
    respond.mockImplementation(decided);

    const { statusCode, headers } = await post({ ship: 'Ada' }, 'k-1', '/berths/later');

    expect(statusCode).toBe(202);
    expect(headers).not.toHaveProperty('location');
  });

  it('responds with a replayed problem of status 400', async () => {
    respond.mockResolvedValue({ status: 400, body: { ...full, status: 400 }, replayed: true });

    const { statusCode, headers, body } = await post({ ship: 'Ada' }, 'k-1');

    expect(statusCode).toBe(400);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ type: 'urn:harbour:full', instance: '/berths' });
  });

  it('passes the decision with its write on, which the client does not see', async () => {
    let decision: unknown;
    respond.mockImplementation(async (_, decide) => {
      decision = await decide();
      return { status: 202, body: berth, replayed: false };
    });

    await post({ ship: 'Ada' }, 'k-1');

    expect(decision).toEqual({ status: 202, body: berth, write });
  });

  it('responds to a replay without a decision, with the same headers and a mark', async () => {
    respond.mockResolvedValue({ status: 201, body: { id: 8 }, replayed: true });

    const { statusCode, headers, body } = await post({ ship: 'Ada' }, 'k-1');

    expect({ statusCode, body }).toEqual({ statusCode: 201, body: '{"id":8}' });
    expect(headers).toMatchObject({ location: '/berths/8', 'idempotency-replayed': 'true' });
  });

  it.each([
    ['a problem', decided, undefined],
    ['a replayed problem', async () => ({ status: 422, body: full, replayed: true }), 'true'],
  ] as const)('responds with %s', async (_, response, replayed) => {
    respond.mockImplementation(response);

    const { statusCode, headers, body } = await post({ ship: 'Titanic' }, 'k-1');

    expect(statusCode).toBe(422);
    expect(JSON.parse(body)).toMatchObject({
      type: 'urn:harbour:full',
      instance: '/berths',
      requestId: expect.any(String) as string,
    });
    expect(headers['x-free']).toBe('0');
    expect(headers['idempotency-replayed']).toBe(replayed);
  });

  it('identifies requests with a key by their route and content', async () => {
    respond.mockImplementation(decided);

    await post({ ship: 'Ada' });
    await post({ ship: 'Ada' }, 'k-1');
    await post({ ship: 'Ada' }, '"k-1"');
    await post({ ship: 'Bob' }, 'k-1');
    await post({ ship: 'Ada' }, 'k-1', '/berths/later');

    const [none, first, same, other, elsewhere] = respond.mock.calls.map(([request]) => request);
    expect(none).toBeUndefined();
    expect(first?.key).toBe('k-1');
    expect(same).toEqual(first);
    expect(other?.fingerprint).not.toBe(first?.fingerprint);
    expect(elsewhere?.fingerprint).not.toBe(first?.fingerprint);
  });

  it('rejects an invalid body, and after that an invalid key, before anything is looked up', async () => {
    const invalidBody = await post({}, 'a b');
    const invalidKey = await post({ ship: 'Ada' }, 'a b');

    expect([invalidBody, invalidKey].map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual([
      'urn:breakwater:problem:invalid-request',
      'urn:breakwater:problem:invalid-idempotency-key',
    ]);
    expect(respond).not.toHaveBeenCalled();
  });
});
