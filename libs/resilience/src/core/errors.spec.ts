import { describe, expect, it } from 'vitest';
import { BulkheadFullError } from './bulkhead/bulkhead.errors.ts';
import { CallAbortedOnOpenError } from './circuit-breaker/circuit-breaker.errors.ts';
import {
  causesOf,
  ConfigurationNotFoundError,
  ConflictingDefinitionError,
  InvalidOptionsError,
  isRefusal,
  propertyOf,
  textOf,
} from './errors.ts';

/** An object whose every use throws. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('An error of this library', () => {
  const fault = { option: 'size', given: '0', allowed: 'at least 1' };

  it.each([
    [
      new InvalidOptionsError('The table', [fault]),
      { code: 'INVALID_OPTIONS', subject: 'The table', faults: [fault] },
      'The table has an invalid option:\n  - size is 0; allowed: at least 1',
    ],
    [
      new InvalidOptionsError('The table', [fault, { ...fault, option: 'width' }]),
      { code: 'INVALID_OPTIONS' },
      'The table has 2 invalid options:\n  - size is 0; allowed: at least 1\n  - width is 0; allowed: at least 1',
    ],
    [
      new ConfigurationNotFoundError('strict', []),
      { code: 'CONFIGURATION_NOT_FOUND', configurationName: 'strict' },
      "There is no configuration named 'strict'. Registered configurations: none.",
    ],
    [
      new ConfigurationNotFoundError('strict', ['default', 'gold']),
      { code: 'CONFIGURATION_NOT_FOUND' },
      "There is no configuration named 'strict'. Registered configurations: 'default', 'gold'.",
    ],
    [
      new ConflictingDefinitionError("Retry 'customer'", ['maxAttempts', 'waitDuration']),
      { code: 'CONFLICTING_DEFINITION', subject: "Retry 'customer'", options: ['maxAttempts', 'waitDuration'] },
      "Retry 'customer' exists already with other options (maxAttempts, waitDuration). " +
        'Define a name in one place, or request it without options.',
    ],
  ])('has the name of its class, a code and a text: %s', (error, fields, message) => {
    expect(error).toMatchObject({ ...fields, name: error.constructor.name, message });
  });
});

describe('A refusal', () => {
  it.each([
    ['a full bulkhead', new BulkheadFullError('customer', 1, 0), true],
    ['a circuit breaker that aborted the call', new CallAbortedOnOpenError('customer'), true],
    ['invalid options', new InvalidOptionsError('The table', []), false],
    ['another error with such a code', Object.assign(new Error('x'), { code: 'CALL_ABORTED_ON_OPEN' }), false],
    ['no error', undefined, false],
  ])('is recognized: %s', (_what, error, expected) => {
    expect(isRefusal(error)).toBe(expected);
  });
});

describe('causesOf', () => {
  it('returns an error with its causes, the outermost first', () => {
    const root = new Error('root');
    const middle = new Error('middle', { cause: root });
    const outer = new Error('outer', { cause: middle });

    expect(causesOf(outer)).toStrictEqual([outer, middle, root]);
    expect(causesOf(new Error('no cause', { cause: null }))).toHaveLength(1);
  });

  it('returns ten causes of a circular chain', () => {
    const circular = new Error('circular');
    circular.cause = circular;

    expect(causesOf(circular)).toStrictEqual(Array.from({ length: 10 }, () => circular));
  });

  it.each([[undefined], [null]])('returns nothing for %s', (nothing) => {
    expect(causesOf(nothing)).toStrictEqual([]);
  });
});

describe('What was thrown', () => {
  it.each([
    ['an object', { status: 503 }, 503],
    ['an object without it', {}, undefined],
    ['a text', 'outage', undefined],
    ['a function', Object.assign(() => {}, { status: 503 }), undefined],
    ['null', null, undefined],
    ['undefined', undefined, undefined],
    ['an object that cannot be read', revoked(), undefined],
  ])('may have a property: %s', (_what, thrown, status) => {
    expect(propertyOf(thrown, 'status')).toBe(status);
  });

  it('has no length only because it is a text', () => {
    expect(propertyOf('outage', 'length')).toBeUndefined();
  });

  it.each([
    ['an error', new TypeError('fetch failed'), 'TypeError: fetch failed'],
    ['a text', 'outage', 'outage'],
    ['undefined', undefined, 'undefined'],
    ['an object without a prototype', Object.create(null), '[object Object]'],
    ['an object that cannot be read', revoked(), 'a value without a text'],
  ])('has a text: %s', (_what, thrown, text) => {
    expect(textOf(thrown)).toBe(text);
  });
});
