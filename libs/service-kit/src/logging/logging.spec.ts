import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { runInRequestContext } from '../request-context/request-context.ts';
import { startServerSpan } from '../telemetry/spans.ts';
import { loggerOptions } from './logging.ts';

function logLine(logged: object, message?: string): Record<string, unknown> {
  let line = '{}';
  const options = loggerOptions('harbour', { INSTANCE_NAME: 'harbour-1', LOG_LEVEL: 'info' });
  pino(options, { write: (text) => (line = text) }).info(logged, message);
  const parsed: Record<string, unknown> = JSON.parse(line);
  return parsed;
}

function invalidUrl(): unknown {
  try {
    return new URL('http://u:s3cret@h:port/d');
  } catch (error) {
    return error;
  }
}

describe('loggerOptions', () => {
  it.each([
    [{}, 'calling http://u:s3cret@h/'],
    [{}, 'GET /x?token=s3cret'],
    [{ err: new Error('calling http://u:s3cret@h/') }, undefined],
    [{ err: new Error('calling http://u:s3cret@h/') }, 'failed'],
    // Its field `input` is the URL.
    [{ err: invalidUrl() }, 'failed'],
  ])('does not show the secret of a URL (%#)', (logged, message) => {
    const line = JSON.stringify(logLine(logged, message));

    expect(line).toContain('***');
    expect(line).not.toContain('s3cret');
  });

  it('has the trace and span of the request', () => {
    const span = startServerSpan({}, undefined);

    const line = runInRequestContext({ requestId: 'r-1' }, () => logLine({}, 'hello'), span);

    const { traceId, spanId } = span.spanContext();
    expect(line).toMatchObject({ traceId, spanId });
  });

  it('has the service, the instance, the level in words and the time in ISO 8601', () => {
    expect(logLine({}, 'hello')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      service: 'harbour',
      instance: 'harbour-1',
      msg: 'hello',
    });
  });

  it.each([
    { authorization: 'Bearer s3cret' },
    { headers: { authorization: 'Bearer s3cret' } },
    { req: { headers: { authorization: 'Bearer s3cret', cookie: 's3cret', 'proxy-authorization': 's3cret' } } },
    { res: { headers: { 'set-cookie': 's3cret' } } },
    { headers: { 'idempotency-key': 's3cret' } },
    { req: { headers: { 'idempotency-key': 's3cret' } } },
    { token: 's3cret' },
    { password: 's3cret' },
    { idempotencyKey: 's3cret' },
    { config: { token: 's3cret', password: 's3cret' } },
    { body: { label: 's3cret' } },
    { request: { body: 's3cret' } },
    { err: Object.assign(new Error('duplicate key'), { detail: 'Key (key)=(s3cret) already exists.' }) },
  ])('does not show the secret in %j', (logged) => {
    const line = JSON.stringify(logLine(logged, 'hello'));

    expect(line).toContain('(not shown)');
    expect(line).not.toContain('s3cret');
  });
});
