import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginTrace,
  continueTrace,
  formatTraceParent,
  headersOf,
  parseTraceParent,
  parseTraceState,
  type TraceParent,
} from './trace-context.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .array(
      fc.nat(15).map((digit) => digit.toString(16)),
      { minLength: length, maxLength: length },
    )
    .map((digits) => digits.join(''))
    .filter((id) => !/^0+$/.test(id));

const traceParents: fc.Arbitrary<TraceParent> = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  isSampled: fc.boolean(),
});

describe('parseTraceParent', () => {
  it('reads the ids and the sampled flag', () => {
    expect(parseTraceParent(`00-${traceId}-${spanId}-01`)).toEqual({ traceId, spanId, isSampled: true });
    expect(parseTraceParent(`00-${traceId}-${spanId}-00`)).toEqual({ traceId, spanId, isSampled: false });
  });

  it.each(['02', 'fe', '80'])('ignores unknown flags (%s)', (flags) => {
    expect(parseTraceParent(`00-${traceId}-${spanId}-${flags}`)).toMatchObject({ isSampled: false });
  });

  it.each([`01-${traceId}-${spanId}-01`, `cc-${traceId}-${spanId}-09-what-the-future-brings`])(
    'reads the known part of a later version: %s',
    (header) => {
      expect(parseTraceParent(header)).toEqual({ traceId, spanId, isSampled: true });
    },
  );

  it.each([
    ['nothing', ''],
    ['the version ff', `ff-${traceId}-${spanId}-01`],
    ['version 00 with more after it', `00-${traceId}-${spanId}-01-more`],
    ['a later version with more without a separator', `01-${traceId}-${spanId}-01more`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['a trace id that is too short', `00-${traceId.slice(1)}-${spanId}-01`],
    ['an invalid digit', `00-${traceId.slice(1)}g-${spanId}-01`],
    ['no flags', `00-${traceId}-${spanId}`],
    ['spaces around it', ` 00-${traceId}-${spanId}-01 `],
    ['a line break after it', `00-${traceId}-${spanId}-01\n`],
    ['two of them', `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
  ])('refuses %s', (_, header) => {
    expect(parseTraceParent(header)).toBeUndefined();
  });

  it('reads every header that it writes', () => {
    fc.assert(
      fc.property(traceParents, (parent) => {
        expect(parseTraceParent(formatTraceParent(parent))).toEqual(parent);
      }),
    );
  });

  it('never throws, and reads only valid headers', () => {
    const nearly = fc.tuple(fc.nat(54), fc.string({ minLength: 1, maxLength: 1 })).map(([at, character]) => {
      const header = `00-${traceId}-${spanId}-01`;
      return header.slice(0, at) + character + header.slice(at + 1);
    });

    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), nearly), (header) => {
        const parent = parseTraceParent(header);
        if (parent) expect(formatTraceParent(parent).slice(3, 52)).toBe(header.slice(3, 52));
      }),
    );
  });
});

describe('continueTrace', () => {
  const traceparent = `00-${traceId}-${spanId}-01`;

  it('continues the trace of the caller with a new span', () => {
    const trace = continueTrace({ traceparent, tracestate: 'vendor=1' });

    expect(trace).toEqual({
      traceId,
      spanId: expect.not.stringMatching(spanId),
      isSampled: true,
      traceState: 'vendor=1',
    });
    expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/);
  });

  it('starts a trace without a valid one, and drops the trace state', () => {
    for (const headers of [{}, { traceparent: 'x' }, { traceparent: [traceparent, traceparent] }]) {
      const trace = continueTrace({ ...headers, tracestate: 'vendor=1' });

      expect(trace).toEqual({
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        isSampled: false,
      });
      expect(trace.traceId).not.toBe(traceId);
    }
  });

  it('accepts any header without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (traceparent, tracestate) => {
        const trace = continueTrace({ traceparent, tracestate });

        expect(parseTraceParent(formatTraceParent(trace))).toBeDefined();
      }),
    );
  });
});

describe('headersOf', () => {
  it('makes our span the parent of the call', () => {
    const trace = beginTrace();

    expect(headersOf(trace)).toEqual({ traceparent: `00-${trace.traceId}-${trace.spanId}-00` });
    expect(headersOf({ ...trace, isSampled: true, traceState: 'a=1,b=2' })).toEqual({
      traceparent: `00-${trace.traceId}-${trace.spanId}-01`,
      tracestate: 'a=1,b=2',
    });
  });
});

const member = (key: string, length: number): string => `${key}=${'x'.repeat(length - key.length - 1)}`;

describe('parseTraceState', () => {
  it.each([
    ['a=1', 'a=1'],
    ['rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    ['tenant@vendor=x:1 2', 'tenant@vendor=x:1 2'],
    [' a=1 ,\t,b=2,', 'a=1,b=2'],
  ])('passes on %j', (header, passedOn) => {
    expect(parseTraceState(header)).toBe(passedOn);
  });

  it.each([
    undefined,
    '',
    ' , ',
    'a',
    'a=',
    '=1',
    'A=1',
    'a=1=2',
    'a=1,b',
    'a=1,a=2',
    'a=\u00e9',
    'a=1\nb',
    `a=${'x'.repeat(257)}`,
    Array.from({ length: 33 }, (_, n) => `k${n}=1`).join(','),
  ])('drops all of %j', (header) => {
    expect(parseTraceState(header)).toBeUndefined();
  });

  it('removes long members first when the header is too long', () => {
    const short = Array.from({ length: 4 }, (_, n) => member(`s${n}`, 100));

    expect(parseTraceState([short[0], member('long', 129), ...short.slice(1)].join(','))).toBe(short.join(','));
  });

  it('removes the last members when all are short', () => {
    const members = Array.from({ length: 10 }, (_, n) => member(`s${n}`, 100));

    expect(parseTraceState(members.join(','))).toBe(members.slice(0, 5).join(','));
  });

  it('never throws, and passes on at most 512 characters, unchanged by a second pass', () => {
    const pairs = fc
      .array(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/), fc.stringMatching(/^[!-+]{1,200}$/)))
      .map((members) => members.map((pair) => pair.join('=')).join(','));

    fc.assert(
      fc.property(fc.oneof(pairs, fc.string({ unit: 'binary' })), (header) => {
        const passedOn = parseTraceState(header);

        expect(passedOn?.length ?? 0).toBeLessThanOrEqual(512);
        expect(parseTraceState(passedOn)).toBe(passedOn);
      }),
    );
  });
});
