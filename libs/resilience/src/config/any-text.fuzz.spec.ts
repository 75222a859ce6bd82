import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InvalidOptionsError } from '../core/errors.ts';
import { ConfigFileError, documentsInText } from './config-text.ts';
import { fillPlaceholders, lookupIn } from './placeholders.ts';
import { resilienceConfig } from './resilience-config.ts';

const importYaml = () => import('yaml');

const sections = ['circuitbreaker', 'retry', 'bulkhead', 'ratelimiter', 'timelimiter', 'endpointpool', 'pipelines'];
const keys = fc.constantFrom(
  ...sections,
  'resilience4j',
  'instances',
  'configs',
  'default',
  'baseConfig',
  'slidingWindowSize',
  'waitDuration',
  'spring',
  'profiles',
  '__proto__',
  'constructor',
  'toString',
  '<<',
);
const scalars = fc.oneof(
  fc.constantFrom('10', '2s', 'PT1M', '-1', '1e999', '0x10', '~', 'true', '*a', '&a 1', '!!binary x', '!x 1', '|', '"'),
  fc.constantFrom('${a}', '${a:1}', '${${b}:${c:2}}', '${a', '*b', '[*a, *a]', '{ <<: *a }', '{}', '[]'),
  fc.string({ maxLength: 20 }),
  fc.double().map(String),
);

/** Text that looks like a configuration: lines of keys and values at any depth. */
const lines = fc
  .array(fc.tuple(fc.nat(6), keys, fc.option(scalars, { nil: '' })), { maxLength: 30 })
  .map((entries) => entries.map(([depth, key, value]) => `${'  '.repeat(depth)}${key}: ${value}`).join('\n'));

/** The same with the depth of each line at most one more than that of the line before. */
const nested = fc
  .array(fc.tuple(fc.nat(6), keys, fc.option(scalars, { nil: '' })), { maxLength: 30 })
  .map((entries) => {
    let last = -1;
    return entries
      .map(([depth, key, value]) => {
        last = Math.min(depth, last + 1);
        return `${'  '.repeat(last)}${key}: ${value}`;
      })
      .join('\n');
  });

const properties = fc
  .array(fc.tuple(fc.array(keys, { minLength: 1, maxLength: 5 }), fc.oneof(scalars, fc.constant('\\'))))
  .map((entries) => entries.map(([path, value]) => `${path.join('.')}=${value}`).join('\n'));

const anyText = fc.oneof(lines, nested, fc.string({ maxLength: 200 }), fc.json());

it.each([
  ['yml', anyText],
  ['properties', fc.oneof(properties, fc.string({ maxLength: 200 }))],
] as const)('any text of a .%s file is a configuration, or has faults that name the file', async (extension, text) => {
  const label = `any.${extension}`;
  await fc.assert(
    fc.asyncProperty(text, async (text) => {
      try {
        const documents = await documentsInText(text, label, label, importYaml);
        resilienceConfig([{ label, documents }], { env: { A: '1' } });
      } catch (error) {
        expect(error).toSatisfy((each) => each instanceof ConfigFileError || each instanceof InvalidOptionsError);
        expect(String(error)).toContain(label);
      }
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
  );
});

it('any text with placeholders is filled, or names what has no value or refers to itself', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'a.b', 'A_B', '');
  const part = fc.oneof(
    fc.constantFrom('${', '}', ':', '{', '$', '${a}', '${b:x}', '${${a}}', '${c:${b}}'),
    names,
    fc.string({ maxLength: 5 }),
  );
  const parts = fc.array(part, { maxLength: 12 }).map((each) => each.join(''));
  fc.assert(
    fc.property(parts, fc.dictionary(names, parts), (text, env) => {
      const filled = fillPlaceholders(text, lookupIn(env));

      expect(Object.keys(filled)).toHaveLength(1);
      if (!text.includes('${')) expect(filled).toEqual({ text });
    }),
  );
});
