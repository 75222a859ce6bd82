import { BadRequestException, HttpException, InternalServerErrorException } from '@nestjs/common';
import { DatabaseError } from 'pg';
import { describe, expect, it } from 'vitest';
import { DatabaseUnavailableError } from '../database/database-unavailable.error.ts';
import { describeProblem } from './describe-problem.ts';
import { toProblemDetails, writeProblem } from './problem-body.ts';
import { serviceKitProblems } from './problem-catalogue.ts';
import { problemType } from './problem-details.ts';
import { ProblemException } from './problem.exception.ts';

const request = { url: '/berths?key=s3cret', requestId: 'r-1', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };

const answerTo = (error: unknown) => toProblemDetails(describeProblem(error), request);

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
    ['a text', 's3cret'],
    ['a circular object', circular],
    ['an error with a circular object in it', Object.assign(new Error('s3cret'), { circular })],
    ['an answer that another service gave', Object.assign(new Error('s3cret'), { statusCode: 404 })],
    ['an error of Fastify about itself', Object.assign(new Error('s3cret'), { code: 'FST_ERR_X', statusCode: 500 })],
    ['an internal error of Nest', new InternalServerErrorException('s3cret')],
    ['nothing', undefined],
    ['null', null],
  ])('tells nothing of %s', (_, error) => {
    const { title, status } = serviceKitProblems['internal-error'];

    expect(answerTo(error)).toEqual({
      type: problemType('internal-error'),
      title,
      status,
      detail: 'The service met an error it did not expect. The logs know more under the request id.',
      instance: '/berths',
      requestId: 'r-1',
      traceId: request.traceId,
    });
  });

  it('tells nothing of what keeps the database away, but when to come back', () => {
    const error = new DatabaseUnavailableError(new Error('connect ECONNREFUSED harbour:s3cret@10.0.0.1:5432'));

    expect(answerTo(error)).toMatchObject({ type: problemType('database-unavailable'), status: 503 });
    expect(JSON.stringify(answerTo(error))).not.toMatch(/s3cret|ECONN|10\.0\.0\.1/);
    expect(describeProblem(error).headers).toEqual({ 'retry-after': '1' });
  });

  it('tells nothing of the cause of a problem', () => {
    const problem = new ProblemException({ title: 'Storm', status: 503, cause: uniqueViolation });

    expect(JSON.stringify(answerTo(problem))).not.toMatch(/s3cret|berths_pkey/);
  });

  it.each([400, 401, 404, 405, 408, 413, 415, 431] as const)('gives %i the kind that the catalogue lists', (status) => {
    const { type, title } = answerTo(new HttpException('what happened', status));

    const listed = Object.entries(serviceKitProblems).filter(([, problem]) => problem.status === status);
    expect(listed.map(([name, problem]) => [problemType(name), problem.title])).toContainEqual([type, title]);
  });

  it.each([
    [409, 'conflict'],
    [412, 'precondition-failed'],
    [418, 'i-m-a-teapot'],
    [422, 'unprocessable-entity'],
    [502, 'bad-gateway'],
    [599, 'error'],
  ])('gives %i, of which it knows nothing more, its phrase for a name: %s', (status, name) => {
    expect(answerTo(new HttpException('what happened', status))).toMatchObject({
      type: problemType(name),
      detail: 'what happened',
    });
  });

  it('knows every kind that it gives an error of its own', () => {
    const errors = [new DatabaseUnavailableError('away'), new BadRequestException('what')];

    const names = [...errors, 'unexpected'].map((error) => answerTo(error).type.split(':').at(-1));

    expect(Object.keys(serviceKitProblems)).toEqual(expect.arrayContaining(names));
  });
});

describe('a problem', () => {
  it('has a kind and a detail, also where it names none', () => {
    expect(answerTo(new ProblemException({ title: 'Taken', status: 409 }))).toMatchObject({
      type: problemType('conflict'),
      title: 'Taken',
      detail: 'Taken',
    });
  });

  it('keeps its own members, whatever its extensions are called', () => {
    const extensions = { wind: 11, status: 200, requestId: 'mine' };

    expect(answerTo(new ProblemException({ title: 'Storm', status: 503, extensions }))).toMatchObject({
      status: 503,
      requestId: 'r-1',
      wind: 11,
    });
  });

  it('that cannot be written down becomes an internal error', () => {
    const { status, body } = writeProblem({ title: 'Storm', status: 503, extensions: { circular } }, request);

    expect({ status, body: JSON.parse(body) as unknown }).toMatchObject({
      status: 500,
      body: { type: problemType('internal-error'), status: 500, traceId: request.traceId },
    });
  });
});
