import { createAccountLabService } from '@breakwater/account/testing';
import type { Environment } from '@breakwater/service-kit';
import { createCustomerService } from '@breakwater/customer/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';

interface Route {
  readonly method: string;
  readonly path: string;
}

const changing = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** What clients may change without a token. All other changes are for administrators. */
const isForClients = ({ path }: Route): boolean => /^\/(accounts|experiments)(\/|$)/.test(path);

/** Only for administrators. */
const isForAdministrators = (route: Route): boolean =>
  route.path.startsWith('/faults') || (changing.has(route.method) && !isForClients(route));

/** Every route of a service, from Fastify's own table. Guards run before the database is used, which does not exist here. */
async function routesOf(create: (environment: Environment) => Promise<NestFastifyApplication>, tokens: Environment) {
  const app = await create({ DATABASE_URL: 'postgres://127.0.0.1:1/none', ...tokens });
  onTestFinished(() => app.close());
  const routes: Route[] = [];
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', ({ method, url }) => {
      for (const each of [method].flat()) routes.push({ method: each, path: url.replaceAll(/:\w+/g, 'customer') });
    });
  await app.init();
  // Otherwise supertest closes the server after the requests of each check, and starts it again: sockets of the next ones hang up.
  await app.listen(0, '127.0.0.1');
  return { app, routes };
}

const services = [
  ['account', createAccountLabService, { DEMO_MODE: 'true' }, { ACTUATOR_TOKEN: 'operator-token' }],
  ['customer', createCustomerService, {}, { FAULTS_TOKEN: 'let-me-break-things' }],
] as const;

describe.each(services)('the administrative routes of %s', (_, create, environment, token) => {
  const statuses = async (app: NestFastifyApplication, routes: readonly Route[], authorization?: string) =>
    Promise.all(
      routes.map(async ({ method, path }) => {
        const sent = request(app.getHttpServer())[method.toLowerCase() as 'post'](path);
        const { status } = await (authorization === undefined ? sent : sent.set('authorization', authorization));
        return `${method} ${path} ${status}`;
      }),
    );

  it('respond with 401 without the token or with another', async () => {
    const { app, routes } = await routesOf(create, { ...environment, ...token });
    const guarded = routes.filter(isForAdministrators);
    const refused = guarded.map(({ method, path }) => `${method} ${path} 401`);
    const [right = ''] = Object.values(token);

    expect(guarded.length).toBeGreaterThan(0);
    expect(await statuses(app, guarded)).toEqual(refused);
    for (const wrong of [
      'Bearer',
      'Bearer wrong',
      `Bearer ${right}s`,
      `Bearer ${right.slice(0, -1)}`,
      `Basic ${right}`,
    ])
      expect(await statuses(app, guarded, wrong)).toEqual(refused);
  });

  it('do not exist when no token is set', async () => {
    const guarded = (await routesOf(create, { ...environment, ...token })).routes.filter(isForAdministrators);
    const { app } = await routesOf(create, environment);

    expect(await statuses(app, guarded)).toEqual(guarded.map(({ method, path }) => `${method} ${path} 404`));
    expect(await statuses(app, guarded, 'Bearer ')).toEqual(guarded.map(({ method, path }) => `${method} ${path} 404`));
  });
});
