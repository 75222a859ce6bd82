import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { operationsOf, type OpenApiDocument } from '../../openapi/document.ts';
import { documentedProblems } from '../api-checks.ts';
import { anyRequest, undescribedRequest } from './any-request.ts';
import type { KnownValues } from './json-of-schema.ts';
import { RawClient } from './raw-request.ts';
import { ResponseChecker } from './response-checker.ts';

/** A service whose responses are compared with its description. */
export interface DescribedService {
  /** The committed description. */
  readonly openapi: URL;
  /** The headings of `docs/problems.md` under which the problems of the service are. */
  readonly problems: readonly string[];
  /** The token for operations that need one. */
  readonly token: string;
  /** Starts the service without a limit for each client. */
  readonly start: () => Promise<StartedService>;
}

export interface StartedService {
  readonly url: string;
  /** Values that the service knows, by the name of the parameter or property. */
  readonly known: KnownValues;
  /** Called before each test: undoes what the requests of the last one have set. */
  reset?(): Promise<unknown>;
  stop(): Promise<unknown>;
}

/** Requests of each property. */
const numRuns = 300;

/** Defines tests: the service responds as its OpenAPI document says, for valid and for odd requests. */
export function describeAnyRequest(name: string, { openapi, problems, token, start }: DescribedService): void {
  // The operations name the tests; one test checks that the service serves the same document.
  const committed = JSON.parse(readFileSync(openapi, 'utf8')) as OpenApiDocument;
  const operations = operationsOf(committed).map((described) => ({
    ...described,
    name: `${described.method.toUpperCase()} ${described.path}`,
  }));

  describe(`${name}, for any request`, () => {
    let service: StartedService;
    let served: OpenApiDocument;
    let client: RawClient;
    let checker: ResponseChecker;

    beforeAll(async () => {
      service = await start();
      client = new RawClient(service.url);
      served = (await (await fetch(`${service.url}/openapi.json`)).json()) as OpenApiDocument;
      checker = new ResponseChecker(
        served,
        problems.flatMap((heading) => Object.keys(documentedProblems(heading))),
      );
    });

    beforeEach(() => service.reset?.());

    afterAll(async () => {
      client.close();
      await service.stop();
    });

    it('serves the committed description', () => {
      expect(served).toEqual(committed);
    });

    it.each(operations)('$name responds as described, and never with an internal error', async (described) => {
      const statuses = new Set<number>();
      await fc.assert(
        fc.asyncProperty(anyRequest(described, { known: service.known, token }), async (request) => {
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
}
