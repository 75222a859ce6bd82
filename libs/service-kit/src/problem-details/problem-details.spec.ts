import { BadRequestException, HttpException, InternalServerErrorException } from '@nestjs/common';
import { DatabaseError } from 'pg';
import { describe, expect, it } from 'vitest';
import { DatabaseUnavailableError } from '../database/database-errors.ts';
import { documentedProblems } from '../testing/api-checks.ts';
import {
  describeProblem,
  ProblemException,
  problemType,
  serviceKitKinds,
  toProblemDetails,
  writeProblem,
} from './problem-details.ts';

const request = { url: '/berths?key=s3cret', requestId: 'r-1', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };

const bodyFor = (error: unknown) => toProblemDetails(describeProblem(error), request);

const uniqueViolation = Object.assign(
  new DatabaseError('duplicate key value violates unique constraint "berths_pkey"', 100, 'error'),
  {
    code: '23505',
    detail: 'Key (id)=(s3cret) already exists.',
    schema: 'harbour',
    table: 'berths',
    query: "insert into berths values ('s3cret')",
  },
);

const circular: Record<string, unknown> = { secret: 's3cret' };
circular['self'] = circular;

describe('describeProblem', () => {
  it.each([
    ['an error of PostgreSQL', uniqueViolation],
    ['an error', new TypeError('s3cret is not a function')],
    ['an error with a cause', new Error('s3cret', { cause: uniqueViolation })],
    ['several errors', new AggregateError([uniqueViolation], 's3cret')],
    ['a string', 's3cret'],
    ['a circular object', circular],
    ['an error with a circular object in it', Object.assign(new Error('s3cret'), { circular })],
    ['a response of another service', Object.assign(new Error('s3cret'), { statusCode: 404 })],
    ['an error of Fastify about itself', Object.assign(new Error('s3cret'), { code: 'FST_ERR_X', statusCode: 500 })],
    ['an internal error of Nest', new InternalServerErrorException('s3cret')],
    ['nothing', undefined],
    ['null', null],
  ])('does not disclose %s', (_, error) => {
    const { title, status } = serviceKitKinds['internal-error'];

    expect(bodyFor(error)).toEqual({
      type: problemType('internal-error'),
      title,
      status,
      detail: 'An unexpected error occurred. The logs have the details under the request id.',
      instance: '/berths',
      requestId: 'r-1',
      traceId: request.traceId,
    });
  });

  it('does not disclose why the database is unavailable, and has Retry-After', () => {
    const error = new DatabaseUnavailableError(new Error('connect ECONNREFUSED harbour:s3cret@10.0.0.1:5432'));

    expect(bodyFor(error)).toMatchObject({ type: problemType('database-unavailable'), status: 503 });
    expect(JSON.stringify(bodyFor(error))).not.toMatch(/s3cret|ECONN|10\.0\.0\.1/);
    expect(describeProblem(error).headers).toEqual({ 'retry-after': '1' });
  });

  it('does not disclose the cause of a problem', () => {
    const problem = new ProblemException({ title: 'Storm', status: 503, cause: uniqueViolation });

    expect(JSON.stringify(bodyFor(problem))).not.toMatch(/s3cret|berths_pkey/);
  });

  it.each([400, 401, 404, 405, 408, 413, 415, 431] as const)('uses the kind in the catalogue for %i', (status) => {
    const { type, title } = bodyFor(new HttpException('what happened', status));

    expect(Object.values(serviceKitKinds)).toContainEqual({ type, title, status });
  });

  it.each([
    [409, 'conflict'],
    [412, 'precondition-failed'],
    [418, 'i-m-a-teapot'],
    [422, 'unprocessable-entity'],
    [502, 'bad-gateway'],
    [599, 'error'],
  ])('uses the reason phrase of %i, which is not in the catalogue, as its name: %s', (status, name) => {
    expect(bodyFor(new HttpException('what happened', status))).toMatchObject({
      type: problemType(name),
      detail: 'what happened',
    });
  });

  it('uses only kinds of the catalogue for errors of the service kit', () => {
    const errors = [new DatabaseUnavailableError('away'), new BadRequestException('what')];

    const names = [...errors, 'unexpected'].map((error) => bodyFor(error).type.split(':').at(-1));

    expect(Object.keys(serviceKitKinds)).toEqual(expect.arrayContaining(names));
  });
});

describe('a problem', () => {
  it('has a type and a detail by default', () => {
    expect(bodyFor(new ProblemException({ title: 'Taken', status: 409 }))).toMatchObject({
      type: problemType('conflict'),
      title: 'Taken',
      detail: 'Taken',
    });
  });

  it('does not let extensions replace its members', () => {
    const extensions = { wind: 11, status: 200, requestId: 'mine' };

    expect(bodyFor(new ProblemException({ title: 'Storm', status: 503, extensions }))).toMatchObject({
      status: 503,
      requestId: 'r-1',
      wind: 11,
    });
  });

  it('becomes an internal error when JSON cannot express it', () => {
    const { status, body } = writeProblem({ title: 'Storm', status: 503, extensions: { circular } }, request);

    expect({ status, body: JSON.parse(body) as unknown }).toMatchObject({
      status: 500,
      body: { type: problemType('internal-error'), status: 500, traceId: request.traceId },
    });
  });
});

describe('the catalogue of the service kit', () => {
  it('is what docs/problems.md lists', () => {
    expect(documentedProblems('Every service')).toEqual(serviceKitKinds);
  });
});
