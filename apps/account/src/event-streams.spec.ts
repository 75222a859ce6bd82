import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAccountService } from './testing.ts';

describe('the streams of events', () => {
  let app: NestFastifyApplication;
  let agent: Agent;

  const start = async (environment: Record<string, string> = {}) => {
    // Nothing listens on port 1; the test is the proxy.
    const DATABASE_URL = 'postgres://account@127.0.0.1:1/account';
    app = await createAccountService({ DATABASE_URL, TRUST_PROXY: '1', CLIENT_RATE_LIMIT: '0', ...environment });
    await app.listen(0, '127.0.0.1');
  };

  beforeEach(() => {
    agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  });

  afterEach(async () => {
    agent.destroy();
    await app.close();
  });

  const open = async (client: string, method = 'GET', more: Record<string, string> = {}): Promise<IncomingMessage> => {
    const headers = { 'x-forwarded-for': client, ...more };
    const sent = request(`${await app.getUrl()}/actuator/events/stream`, { method, agent, headers }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.on('error', () => {}).resume();
    return response;
  };
  const openMany = (client: string, count: number) => Promise.all(Array.from({ length: count }, () => open(client)));

  it('can be held by one client up to half of them, and by others at the same time', async () => {
    await start();

    const held = await openMany('192.0.2.1', 50);
    const further = await open('192.0.2.1');
    const head = await open('192.0.2.1', 'HEAD');
    const other = await open('192.0.2.2');
    held[0]?.destroy();

    expect(held.filter(({ statusCode }) => statusCode !== 200)).toEqual([]);
    expect([further.statusCode, head.statusCode, other.statusCode]).toEqual([429, 200, 200]);
    await vi.waitFor(async () => expect((await open('192.0.2.1')).statusCode).toBe(200), { timeout: 60_000 });
  });

  it('are refused with 412 for If-Match, since they have no tag, and hold no slot then', async () => {
    await start({ MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '1' });

    const refused = [
      await open('192.0.2.1', 'GET', { 'if-match': '"1"' }),
      await open('192.0.2.1', 'HEAD', { 'if-match': '"1"' }),
    ];

    expect(refused.map(({ statusCode }) => statusCode)).toEqual([412, 412]);
    expect(refused[0]?.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    await vi.waitFor(async () => expect((await open('192.0.2.1', 'GET', { 'if-match': '*' })).statusCode).toBe(200));
  });

  it('can be held by one client up to MAX_REQUESTS_IN_FLIGHT_PER_CLIENT', async () => {
    await start({ MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '2' });

    await openMany('192.0.2.1', 2);

    expect((await open('192.0.2.1')).statusCode).toBe(429);
  });

  it('can all be held by one client when MAX_REQUESTS_IN_FLIGHT_PER_CLIENT is 0', async () => {
    await start({ MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '0' });

    const held = await openMany('192.0.2.1', 51);

    expect(held.filter(({ statusCode }) => statusCode !== 200)).toEqual([]);
  });
});
