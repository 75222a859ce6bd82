import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginTrace,
  continueTrace,
  formatTraceParent,
  headersOf,
  parseTraceParent,
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
  it('reads the ids and whether the trace is recorded', () => {
    expect(parseTraceParent(`00-${traceId}-${spanId}-01`)).toEqual({ traceId, spanId, isSampled: true });
    expect(parseTraceParent(`00-${traceId}-${spanId}-00`)).toEqual({ traceId, spanId, isSampled: false });
  });

  it.each(['02', 'fe', '80'])(
    'takes flags that it does not know for what they are: not the sampled one (%s)',
    (flags) => {
      expect(parseTraceParent(`00-${traceId}-${spanId}-${flags}`)).toMatchObject({ isSampled: false });
    },
  );

  it.each([`01-${traceId}-${spanId}-01`, `cc-${traceId}-${spanId}-09-what-the-future-brings`])(
    'reads a later version as far as it knows it: %s',
    (header) => {
      expect(parseTraceParent(header)).toEqual({ traceId, spanId, isSampled: true });
    },
  );

  it.each([
    ['nothing', ''],
    ['the version ff', `ff-${traceId}-${spanId}-01`],
    ['version 00 with more behind it', `00-${traceId}-${spanId}-01-more`],
    ['a later version with more that is not set off', `01-${traceId}-${spanId}-01more`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['a trace id that is too short', `00-${traceId.slice(1)}-${spanId}-01`],
    ['a digit that is none', `00-${traceId.slice(1)}g-${spanId}-01`],
    ['no flags', `00-${traceId}-${spanId}`],
    ['blanks around it', ` 00-${traceId}-${spanId}-01 `],
    ['a line break behind it', `00-${traceId}-${spanId}-01\n`],
    ['two of them', `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
  ])('refuses %s', (_, header) => {
    expect(parseTraceParent(header)).toBeUndefined();
  });

  it('reads whatever is written', () => {
    fc.assert(
      fc.property(traceParents, (parent) => {
        expect(parseTraceParent(formatTraceParent(parent))).toEqual(parent);
      }),
    );
  });

  it('makes one of nothing that is none, and never throws', () => {
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

  it('stays in the trace of the caller, with a span of its own', () => {
    const trace = continueTrace({ traceparent, tracestate: 'vendor=1' });

    expect(trace).toEqual({
      traceId,
      spanId: expect.not.stringMatching(spanId),
      isSampled: true,
      traceState: 'vendor=1',
    });
    expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/);
  });

  it('begins a new trace where it is given none, and leaves the trace state behind', () => {
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

  it('takes any text for a header without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (traceparent, tracestate) => {
        const trace = continueTrace({ traceparent, tracestate });

        expect(parseTraceParent(formatTraceParent(trace))).toBeDefined();
      }),
    );
  });
});

describe('headersOf', () => {
  it('names our own span as the parent of what is called', () => {
    const trace = beginTrace();

    expect(headersOf(trace)).toEqual({ traceparent: `00-${trace.traceId}-${trace.spanId}-00` });
    expect(headersOf({ ...trace, isSampled: true, traceState: 'a=1,b=2' })).toEqual({
      traceparent: `00-${trace.traceId}-${trace.spanId}-01`,
      tracestate: 'a=1,b=2',
    });
  });
});
