import { CustomerClient } from '@breakwater/account/testing';
import { createCustomerService, migrateCustomer } from '@breakwater/customer/testing';
import { createDatabase, openDatabaseProxy, type DatabaseProxy } from '@breakwater/system-runner/postgres';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const atTheTop = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Customer as it runs, with every route that there can be, as its committed contract has it. */
async function startCustomer() {
  const database = await createDatabase(inject('databaseServerUrl'));
  await migrateCustomer(database.url);
  const route = await openDatabaseProxy(database.url);
  const app = await createCustomerService({
    DATABASE_URL: route.url,
    CUSTOMER_LATENCY: '0ms',
    FAULTS_TOKEN: 'for-the-contract',
  });
  await app.listen(0, '127.0.0.1');
  const stop = async () => {
    await app.close();
    await route.close();
    await database.drop();
  };
  return { url: await app.getUrl(), route, stop };
}

interface Contract {
  readonly paths: { readonly '/customers/{id}': { readonly get: { readonly responses: Record<string, unknown> } } };
}

describe('customer’s contract', () => {
  let customer: { url: string; route: DatabaseProxy; stop(): Promise<void> };
  let contract: Contract;

  beforeAll(async () => {
    customer = await startCustomer();
    contract = (await (await fetch(`${customer.url}/openapi.json`)).json()) as Contract;
  });

  afterAll(() => customer.stop());

  /** What the contract has against an answer: that there is none with its status or media type, or how the body differs. */
  async function objections(response: Response): Promise<unknown> {
    const mediaType = response.headers.get('content-type')?.split(';')[0] ?? '';
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addSchema(contract, 'contract');
    const place = [
      'paths',
      '/customers/{id}',
      'get',
      'responses',
      String(response.status),
      'content',
      mediaType,
      'schema',
    ];
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = ajv.compile({ $ref: `contract#/${pointer}` });
    validate(await response.json());
    return validate.errors;
  }

  const ask = (id: string) => fetch(`${customer.url}/customers/${id}`);
  const client = () => new CustomerClient({ urls: [customer.url] });

  it('is the one that is committed', async () => {
    expect(contract).toEqual(JSON.parse(await readFile(atTheTop('apps/customer/openapi.json'), 'utf8')));
  });

  it('is kept by a customer who exists, and account understands it', async () => {
    const response = await ask('c-1001');

    expect(response.status).toBe(200);
    expect(await objections(response)).toBeNull();
    expect(await client().findById('c-1001')).toEqual({ id: 'c-1001', status: 'ACTIVE' });
  });

  it('is kept by a customer who does not exist, and account understands it', async () => {
    const response = await ask('c-9999');

    expect(response.status).toBe(404);
    expect(await objections(response)).toBeNull();
    expect(await client().findById('c-9999')).toBeUndefined();
  });

  it('is kept by what is no id', async () => {
    const response = await ask('C_1');

    expect(response.status).toBe(400);
    expect(await objections(response)).toBeNull();
    await expect(client().findById('C_1')).rejects.toThrow('customer answered 400');
  });

  it('is kept while the database is away, and account understands it', async () => {
    customer.route.disconnect();

    const response = await ask('c-1001');

    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await objections(response)).toBeNull();
    await expect(client().findById('c-1001')).rejects.toThrow('customer answered 503');
  });

  it('is broken by an answer of another shape', async () => {
    const answer = (body: unknown) => Response.json(body, { headers: { 'content-type': 'application/json' } });

    expect(await objections(answer({ customerId: 'c-1001', name: 'Ada', status: 'ACTIVE' }))).not.toBeNull();
  });
});
