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
import { startAccount, type RunningAccount } from './running-account.ts';
import { startCustomer, type RunningCustomer } from './running-customer.ts';

/** By which these tests are named; that the service serves the same is tested as well. */
const committed = JSON.parse(
  readFileSync(new URL('../../../apps/account/openapi.json', import.meta.url), 'utf8'),
) as OpenApiDocument;

const operations = operationsOf(committed).map((described) => ({
  ...described,
  name: `${described.method.toUpperCase()} ${described.path}`,
}));

const numRuns = 300;
const token = 'let-me-break-things';

describe('whatever account is asked', () => {
  let customer: RunningCustomer;
  let account: RunningAccount;
  let client: RawClient;
  let checker: ResponseChecker;
  const ids: string[] = [];
  const known = () => ({
    customerId: ['c-1001', 'c-1002', 'c-9999', 'nobody'],
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
    const problems = ['Every service', 'Account'].flatMap((heading) => Object.keys(documentedProblems(heading)));
    checker = new ResponseChecker((await account.http().get('/openapi.json')).body as OpenApiDocument, problems);
    for (let n = 0; n < 40; n += 1) ids.push(((await account.open('c-1001')).body as { id: string }).id);
  });

  afterAll(async () => {
    client.close();
    await account.stop();
    await customer.stop();
  });

  it('the description that it serves is the committed one', async () => {
    const { body } = await account.http().get('/openapi.json');

    expect(body).toEqual(committed);
  });

  it.each(operations)('$name answers as described, and never with a fault of its own', async (described) => {
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(anyRequest(described, { known: known(), token }), async (request) => {
        const answer = await client.send(request);
        statuses.add(answer.status);
        expect(checker.issuesOf(request, answer)).toEqual([]);
      }),
      { numRuns },
    );

    // Requests that all fail the same way would prove little.
    expect([...statuses].some((status) => status < 300)).toBe(true);
  });

  it('paths and methods that nobody described are refused as problems', async () => {
    await fc.assert(
      fc.asyncProperty(undescribedRequest(committed), async (request) => {
        expect(checker.issuesOf(request, await client.send(request))).toEqual([]);
      }),
      { numRuns },
    );
  });
});
