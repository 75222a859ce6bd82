import { runInThisContext } from 'node:vm';
// oxlint-disable-next-line import/no-unassigned-import -- adds functions to Reflect, as Nest does
import 'reflect-metadata';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { declaredArguments, declaredParameters, type Method, withLastArgument } from './declared-parameters.ts';

/** Parameters as they are written; `#` is replaced by a number, so that no name occurs twice. */
const parameter = fc.constantFrom(
  'a#',
  'a# = 1',
  'a# = [1, 2]',
  'a# = [...[1], 2]',
  'a# = (1, 2)',
  "a# = '),('",
  'a# = "\'(...b"',
  'a# = `,...b`',
  'a# = { b: [1], ...{} }',
  'a# = (b, ...c) => [b, c]',
  '{ b#, ...c# }',
  '{ b#: [c#, ...d#] = [1] } = {}',
  '[b#, ...c#]',
  '/* , ...b */ a#',
  'a# // ), ...b\n',
);

/** What is written before the parentheses. */
const start = fc.constantFrom('find', 'async find', '*find', 'async *find', "'find'", "['fi' + ('nd')]");

const written = fc.record({
  start,
  parameters: fc.array(parameter, { maxLength: 5 }),
  rest: fc.option(fc.constantFrom('...rest', '...[first, second]'), { nil: undefined }),
});

function methodOf({ start, parameters, rest }: typeof written extends fc.Arbitrary<infer T> ? T : never): Method {
  const list = parameters.map((text, at) => text.replaceAll('#', String(at)));
  const body = '{ return "…), ...x" }';
  const source = `({ ${start}(${[...list, ...(rest === undefined ? [] : [rest])].join(', ')}) ${body} }).find`;
  return runInThisContext(source) as Method;
}

describe('the declared parameters of a method', () => {
  it('are counted in any list of parameters, without metadata of the compiler', () => {
    fc.assert(
      fc.property(written, (method) => {
        const declared = declaredParameters(methodOf(method), {}, 'find');

        expect(declared).toStrictEqual({ count: method.parameters.length, hasRest: method.rest !== undefined });
      }),
    );
  });

  it('precede the last argument at a fixed position, for any number of arguments', () => {
    const counts = fc.record({ count: fc.nat({ max: 5 }), args: fc.array(fc.anything(), { maxLength: 8 }) });
    fc.assert(
      fc.property(counts, ({ count, args }) => {
        const passed = withLastArgument(args, { count, hasRest: false }, 'last');

        expect(passed).toHaveLength(count + 1);
        expect(passed[count]).toBe('last');
        expect(passed.slice(0, Math.min(count, args.length))).toStrictEqual(args.slice(0, count));
      }),
    );
  });

  it('include all arguments of a rest parameter', () => {
    expect(declaredArguments([1, 2, 3], { count: 1, hasRest: true })).toStrictEqual([1, 2, 3]);
    expect(withLastArgument([1, 2, 3], { count: 1, hasRest: true }, 'last')).toStrictEqual([1, 2, 3, 'last']);
    expect(withLastArgument([], { count: 1, hasRest: true }, 'last')).toStrictEqual([undefined, 'last']);
  });

  it.each([
    ['a bound function', runInThisContext('(function (a, b) {}).bind({})') as Method, 2],
    ['an arrow function without parentheses', runInThisContext('a => [...[a]]') as Method, 1],
    ['an asynchronous arrow function', runInThisContext('async (a, b = 1) => a') as Method, 2],
    ['a native function', Math.max, 2],
    ['a default that it cannot read: up to there', runInThisContext('(a, b = /[,)]/, c) => a') as Method, 1],
  ])('are counted for %s', (_, method, count) => {
    expect(declaredParameters(method as Method, {}, 'find')).toStrictEqual({ count, hasRest: false });
  });

  it.each(['find', 'async find', 'function', 'async function', 'async', 'async async', '$', "['(']", "'function'"])(
    'include the rest parameter of a method whose source text begins with %s, also with metadata',
    (name) => {
      const method = runInThisContext(`Object.values({ ${name}(...ids) {} })[0]`) as Method;
      const prototype = {};
      Reflect.defineMetadata('design:paramtypes', [Object], prototype, 'key');

      expect(declaredParameters(method, prototype, 'key')).toStrictEqual({ count: 0, hasRest: true });
    },
  );

  it.each(['function', 'function traced', 'async function', 'async function traced'])(
    'are those of the metadata for a replacement whose source text begins with %s',
    (start) => {
      const method = runInThisContext(`[${start}(...args) {}][0]`) as Method;
      const prototype = {};
      Reflect.defineMetadata('design:paramtypes', [Object], prototype, 'key');

      expect(declaredParameters(method, prototype, 'key')).toStrictEqual({ count: 1, hasRest: false });
    },
  );

  it.each(['(...args) => args', 'async (...args) => args', 'args => args', 'async $ => $'])(
    'are those of the metadata for the replacement %s',
    (text) => {
      const method = runInThisContext(`[${text}][0]`) as Method;
      const prototype = {};
      Reflect.defineMetadata('design:paramtypes', [Object, Object], prototype, 'key');

      expect(declaredParameters(method, prototype, 'key')).toStrictEqual({ count: 2, hasRest: false });
    },
  );
});
