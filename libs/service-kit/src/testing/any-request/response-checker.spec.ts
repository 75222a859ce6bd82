import { describe, expect, it } from 'vitest';
import type { OpenApiDocument } from '../../openapi/document.ts';
import { ResponseChecker } from './response-checker.ts';
import type { RawResponse } from './raw-request.ts';

const document = {
  openapi: '3.1.0',
  info: { title: 'harbour', version: '1' },
  paths: {
    '/berths/{id}': {
      get: {
        responses: {
          200: {
            description: 'The berth',
            content: { 'application/json': { schema: { type: 'object', required: ['id'] } } },
          },
          304: { description: 'Known already' },
          404: { description: 'None', content: { 'application/problem+json': { schema: { type: 'object' } } } },
        },
      },
    },
  },
} as OpenApiDocument;

const checker = new ResponseChecker(document, ['not-found', 'bad-request', 'uri-too-long']);
const request = { method: 'GET', target: '/berths/7?x=1', headers: {} };

const json = (status: number, body: unknown, type = 'application/json'): RawResponse => ({
  status,
  headers: { 'content-type': `${type}; charset=utf-8`, 'x-request-id': 'r-1' },
  body: JSON.stringify(body),
});

const problem = (status: number, type = 'not-found', rest: object = {}): RawResponse =>
  json(
    status,
    {
      type: `urn:breakwater:problem:${type}`,
      title: 'Not Found',
      status,
      detail: 'There is none.',
      instance: '/berths/7',
      requestId: 'r-1',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      ...rest,
    },
    'application/problem+json',
  );

describe('ResponseChecker', () => {
  it.each([
    ['a described response', request, json(200, { id: '7' })],
    ['a described response without a body', request, { ...json(304, ''), body: '' }],
    ['a described problem', request, problem(404)],
    ['any documented problem for a path without an operation', { ...request, target: '/ships' }, problem(404)],
    ['a problem of the URL', request, problem(414, 'uri-too-long')],
    ['a URL that cannot be decoded', { ...request, target: '/berths/%zz' }, problem(400, 'bad-request')],
  ])('accepts %s', (_, request, response) => {
    expect(checker.issuesOf(request, response)).toEqual([]);
  });

  it.each([
    ['an internal error', problem(500), /^a 500/],
    ['a 503', problem(503), /^a 503/],
    ['no request id', { ...json(200, { id: '7' }), headers: { 'content-type': 'application/json' } }, /X-Request-Id/],
    ['an error without problem details', json(404, { message: 'none' }), /without problem details/],
    ['an error in another format', { ...problem(404), body: '<h1>None</h1>' }, /without problem details/],
    ['a problem without all members', problem(404, 'not-found', { detail: undefined }), /without detail/],
    [
      'a problem with another status in its body',
      problem(404, 'not-found', { status: 400 }),
      /with status 400 in its body/,
    ],
    [
      'a problem with the id of another request',
      problem(404, 'not-found', { requestId: 'r-2' }),
      /a request id other than/,
    ],
    ['an undocumented problem', problem(404, 'gone-fishing'), /not documented/],
    ['a stack', problem(404, 'not-found', { detail: 'x\n    at berth (harbour.ts:7)' }), /internal details/],
    ['a statement', problem(404, 'not-found', { detail: 'select 1 from berths' }), /internal details/],
    ['the name of a class', problem(404, 'not-found', { detail: 'TypeError: x' }), /internal details/],
    ['a status that is not described', json(201, { id: '7' }), /201 is not described/],
    ['an error that is not described', problem(400, 'bad-request'), /400 is not described/],
    ['a media type that is not described', json(200, { id: '7' }, 'text/html'), /text\/html is not described/],
    ['a body that is not as described', json(200, { name: '7' }), /must have required property 'id'/],
    ['a body where none is described', json(304, { id: '7' }), /a body where none/],
  ])('reports %s', (_, response, issue) => {
    expect(checker.issuesOf(request, response).join('\n')).toMatch(issue);
  });
});
