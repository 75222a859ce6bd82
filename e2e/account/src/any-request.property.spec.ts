import type { OpenApiDocument } from '@breakwater/service-kit';
import {
  ResponseChecker,
  anyRequest,
  documentedProblems,
  operationsOf,
  RawClient,
  undescribedRequest,
} from '@breakwater/service-kit/testing';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningAccount, type RunningCustomer, startAccount, startCustomer } from './services.ts';

/** Names the tests; a test checks that the service serves the same. */
const committed = JSON.parse(
  readFileSync(new URL('../../../apps/account/openapi.json', import.meta.url), 'utf8'),
) as OpenApiDocument;

const operations = operationsOf(committed).map((described) => ({
  ...described,
  name: `${described.method.toUpperCase()} ${described.path}`,
}));

const numRuns = 300;
const token = 'let-me-break-things';

describe('any request to account', () => {
  let customer: RunningCustomer;
  let account: RunningAccount;
  let client: RawClient;
  let checker: ResponseChecker;
  const ids: string[] = [];
  const known = () => ({
    customerId: ['c-1001', 'c-1002', 'c-9999', 'no-one'],
    currency: ['EUR', 'JPY', 'KWD'],
    breaker: ['customer', 'count-slow', 'unheard-of'],
    times: [1, 2, 3],
    cursor: ['', 'bm90IGEgY3Vyc29y'],
    'If-Match': ['"1"', '"2"', '*', '"1", "7"'],
    'If-None-Match': ['"1"', 'W/"1"', '*'],
    id: [...ids, '01890a5d-ac96-774b-bcce-b302099a8057'],
  });

  beforeAll(async () => {
    customer = await startCustomer({ FAULTS_TOKEN: token, CLIENT_RATE_LIMIT: '0' });
    account = await startAccount({ DEMO_MODE: 'true', CUSTOMER_URL: customer.url, CLIENT_RATE_LIMIT: '0' });
    client = new RawClient(account.url);
    const problems = ['Every service', 'Account', 'Account lab'].flatMap((heading) =>
      Object.keys(documentedProblems(heading)),
    );
    checker = new ResponseChecker((await account.http().get('/openapi.json')).body as OpenApiDocument, problems);
    for (let n = 0; n < 40; n += 1) ids.push(((await account.open('c-1001')).body as { id: string }).id);
  });

  afterAll(async () => {
    client.close();
    await account.stop();
    await customer.stop();
  });

  it('gets the committed API description', async () => {
    const { body } = await account.http().get('/openapi.json');

    expect(body).toEqual(committed);
  });

  it.each(operations)('$name gets a response as described, and never an internal error', async (described) => {
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(anyRequest(described, { known: known(), token }), async (request) => {
        const response = await client.send(request);
        statuses.add(response.status);
        expect(checker.issuesOf(request, response)).toEqual([]);
      }),
      { numRuns },
    );

    // Requests that all fail would prove little.
    expect([...statuses].some((status) => status < 300)).toBe(true);
  });

  it('of an undescribed path or method gets a problem', async () => {
    await fc.assert(
      fc.asyncProperty(undescribedRequest(committed), async (request) => {
        expect(checker.issuesOf(request, await client.send(request))).toEqual([]);
      }),
      { numRuns },
    );
  });
});
