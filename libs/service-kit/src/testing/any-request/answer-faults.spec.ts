import { describe, expect, it } from 'vitest';
import type { OpenApiDocument } from '../../openapi/document.ts';
import { AnswerJudge } from './answer-faults.ts';
import type { RawAnswer } from './raw-request.ts';

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

const judge = new AnswerJudge(document, ['not-found', 'bad-request', 'uri-too-long']);
const request = { method: 'GET', target: '/berths/7?x=1', headers: {} };

const json = (status: number, body: unknown, type = 'application/json'): RawAnswer => ({
  status,
  headers: { 'content-type': `${type}; charset=utf-8`, 'x-request-id': 'r-1' },
  body: JSON.stringify(body),
});

const problem = (status: number, type = 'not-found', rest: object = {}): RawAnswer =>
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

describe('AnswerJudge', () => {
  it.each([
    ['the answer that is described', request, json(200, { id: '7' })],
    ['a described answer without a body', request, { ...json(304, ''), body: '' }],
    ['a described problem', request, problem(404)],
    ['any listed problem where no operation is', { ...request, target: '/ships' }, problem(404)],
    ['what is wrong with the URL', request, problem(414, 'uri-too-long')],
    ['a URL that cannot be decoded', { ...request, target: '/berths/%zz' }, problem(400, 'bad-request')],
  ])('has nothing against %s', (_, request, answer) => {
    expect(judge.faultsOf(request, answer)).toEqual([]);
  });

  it.each([
    ['a fault of the service', problem(500), /^a 500/],
    ['a problem of 503 as well', problem(503), /^a 503/],
    ['no request id', { ...json(200, { id: '7' }), headers: { 'content-type': 'application/json' } }, /X-Request-Id/],
    ['a refusal that is no problem', json(404, { message: 'none' }), /no problem details/],
    ['a refusal in another form', { ...problem(404), body: '<h1>None</h1>' }, /no problem details/],
    ['a problem without all members', problem(404, 'not-found', { detail: undefined }), /without detail/],
    ['a problem that names another status', problem(404, 'not-found', { status: 400 }), /says it is 400/],
    ['a problem that names another request', problem(404, 'not-found', { requestId: 'r-2' }), /another request id/],
    ['a problem that is not listed', problem(404, 'gone-fishing'), /not listed/],
    ['a stack', problem(404, 'not-found', { detail: 'x\n    at berth (harbour.ts:7)' }), /words from inside/],
    ['a statement', problem(404, 'not-found', { detail: 'select 1 from berths' }), /words from inside/],
    ['the name of a class', problem(404, 'not-found', { detail: 'TypeError: x' }), /words from inside/],
    ['a status that is not described', json(201, { id: '7' }), /201 is not described/],
    ['a refusal that is not described', problem(400, 'bad-request'), /400 is not described/],
    ['a media type that is not described', json(200, { id: '7' }, 'text/html'), /text\/html is not described/],
    ['a body that is not as described', json(200, { name: '7' }), /must have required property 'id'/],
    ['a body where none is described', json(304, { id: '7' }), /a body where none/],
  ])('objects to %s', (_, answer, fault) => {
    expect(judge.faultsOf(request, answer).join('\n')).toMatch(fault);
  });
});
