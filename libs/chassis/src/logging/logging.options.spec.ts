import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { loggerOptions } from './logging.options.ts';

function logLine(logged: object, message: string): Record<string, unknown> {
  let line = '{}';
  const options = loggerOptions({ service: 'harbour', instance: 'harbour-1', level: 'info' });
  pino(options, { write: (text) => (line = text) }).info(logged, message);
  const parsed: Record<string, unknown> = JSON.parse(line);
  return parsed;
}

describe('loggerOptions', () => {
  it('names the service and the instance, the level in words and the time in ISO 8601', () => {
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
  ])('does not show the credentials in %j', (logged) => {
    const line = JSON.stringify(logLine(logged, 'hello'));

    expect(line).toContain('(not shown)');
    expect(line).not.toContain('s3cret');
  });
});
