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
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCustomer, type RunningCustomer } from './running-customer.ts';

/** Its operations name the tests; one test checks that the service serves the same document. */
const committed = JSON.parse(
  readFileSync(new URL('../../../apps/customer/openapi.json', import.meta.url), 'utf8'),
) as OpenApiDocument;

const operations = operationsOf(committed).map((described) => ({
  ...described,
  name: `${described.method.toUpperCase()} ${described.path}`,
}));

const token = 'let-me-break-things';
const numRuns = 300;

const durations = ['0ms', '20ms', '1s', '1m'];
const known = {
  id: ['c-1001', 'c-1002', 'c-9999', 'unknown'],
  latency: durations,
  retryAfter: durations,
  at: durations,
  duration: ['2m', '1h'],
  min: ['1ms'],
  p50: ['20ms'],
  p75: ['30ms'],
  p90: ['40ms'],
  p95: ['50ms'],
  p99: ['60ms'],
  p999: ['70ms'],
  max: ['1s'],
};

describe('customer, for any request', () => {
  let customer: RunningCustomer;
  let client: RawClient;
  let checker: ResponseChecker;

  beforeAll(async () => {
    customer = await startCustomer({ FAULTS_TOKEN: token, CLIENT_RATE_LIMIT: '0' });
    await customer.app.listen(0, '127.0.0.1');
    client = new RawClient(await customer.app.getUrl());
    const problems = ['Every service', 'Customer'].flatMap((heading) => Object.keys(documentedProblems(heading)));
    checker = new ResponseChecker((await customer.http().get('/openapi.json')).body as OpenApiDocument, problems);
  });

  // Faults that a request has set would affect the next one.
  beforeEach(async () => {
    await customer.http().delete('/faults').set('authorization', `Bearer ${token}`).expect(200);
  });

  afterAll(async () => {
    client.close();
    await customer.stop();
  });

  it('serves the committed description', async () => {
    const { body } = await customer.http().get('/openapi.json');

    expect(body).toEqual(committed);
  });

  it.each(operations)('$name responds as described, and never with an internal error', async (described) => {
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(anyRequest(described, { known, token }), async (request) => {
        const response = await client.send(request);
        statuses.add(response.status);
        expect(checker.issuesOf(request, response)).toEqual([]);
      }),
      { numRuns },
    );

    // If all requests failed alike, the test would prove little.
    expect([...statuses].some((status) => status < 300)).toBe(true);
  });

  it('refuses undescribed paths and methods with problem details', async () => {
    await fc.assert(
      fc.asyncProperty(undescribedRequest(committed), async (request) => {
        expect(checker.issuesOf(request, await client.send(request))).toEqual([]);
      }),
      { numRuns },
    );
  });
});
