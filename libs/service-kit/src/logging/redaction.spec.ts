import fc from 'fast-check';
import { pino, type LoggerOptions } from 'pino';
import { describe, expect, it } from 'vitest';
import { redaction } from './redaction.ts';

const secrets = [
  'authorization',
  'cookie',
  'set-cookie',
  'proxy-authorization',
  'idempotency-key',
  'idempotencyKey',
  'password',
  'secret',
  'token',
  'body',
];

/** The same rule as paths, by which pino itself looks in each value. */
const asPaths = {
  paths: [
    ...['', '*', 'headers', '*.headers'].flatMap((level) => secrets.map((name) => `${level}["${name}"]`)),
    'err.detail',
    'err.where',
  ],
  censor: '(not shown)',
};

type Log = (logger: ReturnType<typeof pino>) => void;

function lineOf(redact: LoggerOptions['redact'], log: Log): string {
  let line = '';
  const options = { base: null, timestamp: false, ...(redact && { redact }) };
  log(pino(options, { write: (text) => (line += text) }));
  return line;
}

const names = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...secrets) },
  { weight: 3, arbitrary: fc.constantFrom('headers', 'err', 'detail', 'where', 'req', 'res', 'toString', '*', 'a.b') },
  fc.string({ minLength: 1, maxLength: 4 }).filter((name) => name !== '__proto__'),
);
const leaf = fc.oneof(
  fc.string(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.date({ noInvalidDate: true }),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    leaf,
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  object: fc.dictionary(names, tie('value'), { maxKeys: 5 }),
}));
const object = fc.dictionary(names, value, { maxKeys: 5, noNullPrototype: true });

describe('redaction', () => {
  it.each<[string, (logged: object) => Log]>([
    ['a logged object', (logged) => (logger) => logger.info(logged, 'hello')],
    ['the bindings of a child logger', (logged) => (logger) => logger.child(logged).info('hello')],
    ['an object in a message', (logged) => (logger) => logger.info('hello %j', logged)],
  ])('hides in %s what pino hides by paths', (_where, logOf) => {
    fc.assert(
      fc.property(object, (logged) => {
        const log = logOf(logged);
        expect(lineOf(redaction, log)).toBe(lineOf(asPaths, log));
      }),
      { numRuns: 1_000 },
    );
  });

  it('leaves the logged object as it is', () => {
    fc.assert(
      fc.property(object, (logged) => {
        const before = structuredClone(logged);
        lineOf(redaction, (logger) => logger.info(logged));
        expect(logged).toEqual(before);
      }),
    );
  });

  it('hides a member of an object with a class', () => {
    class Login {
      readonly user = 'ada';
      readonly password = 's3cret';
      toJSON() {
        return { login: this.user, word: this.password };
      }
    }

    expect(lineOf(redaction, (logger) => logger.info({ login: new Login() }))).toContain(
      '"login":{"login":"ada","word":"(not shown)"}',
    );
  });
});
