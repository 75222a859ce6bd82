import { CustomerClient } from '@breakwater/account/testing';
import { createCustomerService, migrateCustomer } from '@breakwater/customer/testing';
import { FaultProxy } from '@breakwater/system-runner/network';
import { createTestDatabase } from '@breakwater/system-runner/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const fromRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Customer with all optional routes, as in its committed contract. */
async function startCustomer() {
  const database = await createTestDatabase();
  await migrateCustomer(database.url);
  const route = await FaultProxy.open(database.url);
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
  let customer: { url: string; route: FaultProxy; stop(): Promise<void> };
  let contract: Contract;

  beforeAll(async () => {
    customer = await startCustomer();
    contract = (await (await fetch(`${customer.url}/openapi.json`)).json()) as Contract;
  });

  afterAll(() => customer.stop());

  /** How a response differs from the contract: in its status, its media type or its body. */
  async function differences(response: Response): Promise<unknown> {
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

  const find = (id: string) => fetch(`${customer.url}/customers/${id}`);
  const client = () => new CustomerClient(customer.url);

  it('is the committed one', async () => {
    expect(contract).toEqual(JSON.parse(await readFile(fromRoot('apps/customer/openapi.json'), 'utf8')));
  });

  it('describes an existing customer, which account understands', async () => {
    const response = await find('c-1001');

    expect(response.status).toBe(200);
    expect(await differences(response)).toBeNull();
    expect(await client().findById('c-1001')).toEqual({ id: 'c-1001', status: 'ACTIVE' });
  });

  it('describes an unknown customer, which account understands', async () => {
    const response = await find('c-9999');

    expect(response.status).toBe(404);
    expect(await differences(response)).toBeNull();
    expect(await client().findById('c-9999')).toBeUndefined();
  });

  it('describes the response to an invalid id', async () => {
    const response = await find('C_1');

    expect(response.status).toBe(400);
    expect(await differences(response)).toBeNull();
    await expect(client().findById('C_1')).rejects.toThrow('customer responded with 400');
  });

  it('describes the response without a database, which account understands', async () => {
    customer.route.inject({ kind: 'close' });

    const response = await find('c-1001');

    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await differences(response)).toBeNull();
    await expect(client().findById('c-1001')).rejects.toThrow('customer responded with 503');
  });

  it('rejects a response of another shape', async () => {
    const response = (body: unknown) => Response.json(body, { headers: { 'content-type': 'application/json' } });

    expect(await differences(response({ customerId: 'c-1001', name: 'Ada', status: 'ACTIVE' }))).not.toBeNull();
  });
});
