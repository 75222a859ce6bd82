import fc from 'fast-check';

/** Text that programs often mishandle: control characters, lone surrogates, text that looks like another type. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    'a\udfffb',
    '\ufeff',
    '\u202e',
    'ﷺ'.repeat(50),
    '👩‍👩‍👧‍👦',
    'NaN',
    'Infinity',
    '-0',
    '1e400',
    '0x10',
    'null',
    'undefined',
    'true',
    '__proto__',
    'constructor',
    '../../etc/passwd',
    "'; DROP TABLE account.accounts; --",
    '${7*7}',
    '%s%n',
    '<script>',
    'ＥＵＲ',
    '٣',
    'x'.repeat(5_000),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  // Any code units, including lone surrogates.
  fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
);

/** Numbers at and beyond common limits. */
const oddNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(-1, 0, -0, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e21, 1e308, -1e308, 5e-324),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;

/** JSON values that rarely match a schema. */
export const oddJson: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  oddNumber,
  fc.constantFrom(null, true, false, [], {}, [[]], [{}], nested(31), nested(33), nested(500)),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Values of one header: without line breaks, and in Latin-1 as Node's parser reads it. */
export const oddHeader: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    '*',
    '"',
    '""',
    'W/',
    'W/"1"',
    '"1", "2"',
    '"1',
    '1',
    ',',
    ',,,',
    'null',
    '-1',
    '1e3',
    '99999999999999999999',
    '00-00000000000000000000000000000000-0000000000000000-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x',
    '\u00ff\u00fe',
    'a'.repeat(129),
    'a'.repeat(3_000),
  ),
  fc
    .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff })), { maxLength: 60 })
    .map((codes) => String.fromCharCode(...codes).trim()),
);
