import type { OpenApiDocument } from '@breakwater/service-kit';
import {
  AnswerJudge,
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

/** By which these tests are named; that the service serves the same is tested as well. */
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
  id: ['c-1001', 'c-1002', 'c-9999', 'nobody'],
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

describe('whatever customer is asked', () => {
  let customer: RunningCustomer;
  let client: RawClient;
  let judge: AnswerJudge;

  beforeAll(async () => {
    customer = await startCustomer({ FAULTS_TOKEN: token, CLIENT_RATE_LIMIT: '0' });
    await customer.app.listen(0, '127.0.0.1');
    client = new RawClient(await customer.app.getUrl());
    const problems = ['Every service', 'Customer'].flatMap((heading) => Object.keys(documentedProblems(heading)));
    judge = new AnswerJudge((await customer.http().get('/openapi.json')).body as OpenApiDocument, problems);
  });

  // What broke it on request would break what is asked next.
  beforeEach(async () => {
    await customer.http().delete('/faults').set('authorization', `Bearer ${token}`).expect(200);
  });

  afterAll(async () => {
    client.close();
    await customer.stop();
  });

  it('the description that it serves is the committed one', async () => {
    const { body } = await customer.http().get('/openapi.json');

    expect(body).toEqual(committed);
  });

  it.each(operations)('$name answers as described, and never with a fault of its own', async (described) => {
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(anyRequest(described, { known, token }), async (request) => {
        const answer = await client.send(request);
        statuses.add(answer.status);
        expect(judge.faultsOf(request, answer)).toEqual([]);
      }),
      { numRuns },
    );

    // Requests that all fail the same way would prove little.
    expect([...statuses].some((status) => status < 300)).toBe(true);
  });

  it('paths and methods that nobody described are refused as problems', async () => {
    await fc.assert(
      fc.asyncProperty(undescribedRequest(committed), async (request) => {
        expect(judge.faultsOf(request, await client.send(request))).toEqual([]);
      }),
      { numRuns },
    );
  });
});
