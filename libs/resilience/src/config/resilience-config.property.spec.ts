import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { circuitBreakerOptions } from '../core/circuit-breaker/circuit-breaker.options.ts';
import type { OptionKind } from '../core/options.ts';
import { policies, type PolicyKind } from '../core/policies.ts';
import { resilienceConfig } from './resilience-config.ts';
import { sectionFormats } from './section-format.ts';
import { isList } from './values.ts';

const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A name in any of the forms that Spring's relaxed binding allows: any case, dashes and underscores anywhere. */
const relaxedForm = (name: string) =>
  fc
    .array(fc.record({ upper: fc.boolean(), separator: fc.constantFrom('', '', '', '-', '_') }), {
      minLength: name.length,
      maxLength: name.length,
    })
    .map((choices) =>
      choices
        .map(({ upper, separator }, at) => {
          const letter = name[at] ?? '';
          return `${at === 0 ? '' : separator}${upper ? letter.toUpperCase() : letter.toLowerCase()}`;
        })
        .join(''),
    );

const wholeNumbers = Object.entries(circuitBreakerOptions.rules)
  .filter(([, { kind, allowed }]) => kind === 'number' && allowed.startsWith('a whole number'))
  .map(([option]) => option);

const writtenOption = fc
  .constantFrom(...wholeNumbers)
  .chain((option) => relaxedForm(option).map((written) => ({ option, written })));

const listOptions = sectionFormats(policies).flatMap(({ kind, section, rules }) =>
  Object.entries(rules)
    .filter(([, rule]) => isList(rule))
    .map(([option, { kind: kindOfOption }]) => ({ kind, section, option, kindOfOption })),
);

/** By the kind of an option: the entries in a file, and what they become. */
const listsByKind: Partial<Record<OptionKind, readonly [readonly string[], readonly unknown[]]>> = {
  numbers: [
    ['10', '20', '50'],
    [10, 20, 50],
  ],
  texts: [
    ['http://a:1', 'http://b:2'],
    ['http://a:1', 'http://b:2'],
  ],
  errorClasses: [
    ['RangeError', 'TypeError', 'URIError'],
    [RangeError, TypeError, URIError],
  ],
};

describe('the entries of a list', () => {
  it.each(listOptions)(
    'are set one by one in variables and files: $section.$option',
    ({ kind, section, option, kindOfOption }) => {
      const [entries, expected] = listsByKind[kindOfOption]!;
      const prefix = `RESILIENCE4J_${section}_INSTANCES_CUSTOMER_${option}_`.toUpperCase();
      const env = Object.fromEntries(entries.map((entry, at) => [`${prefix}${at}`, entry]));
      const keys = entries.map((entry, at) => [
        `resilience4j.${section}.instances.customer.${kebab(option)}[${at}]`,
        entry,
      ]);
      const file = { label: 'a.properties', documents: [Object.fromEntries(keys.toReversed())] };

      for (const config of [resilienceConfig([], { env }), resilienceConfig([file], { env: {} })]) {
        expect(config[kind as PolicyKind].instances).toStrictEqual({ customer: { [option]: expected } });
        expect(config.warnings).toStrictEqual([]);
      }
    },
  );
});

describe('a name with punctuation', () => {
  const word = fc.stringMatching(/^[a-z]{1,4}\d?$/);
  const name = fc
    .tuple(word, fc.array(fc.tuple(fc.constantFrom('.', '-', '_', '/', ' '), word), { maxLength: 3 }))
    .map(([first, rest]) => first + rest.flat().join(''));

  it.each(policies.map(({ kind, section }) => ({ kind, section })))(
    'is found by a variable in Spring’s form and with underscores: $section',
    ({ kind, section }) => {
      fc.assert(
        fc.property(name, fc.boolean(), (instance, inSpringsForm) => {
          const form = inSpringsForm ? instance.replaceAll('-', '') : instance;
          const inVariable = form.replaceAll(/[^a-z0-9]/g, '_').toUpperCase();
          const env = { [`RESILIENCE4J_${section.toUpperCase()}_INSTANCES_${inVariable}_BASECONFIG`]: 'shared' };
          const document = {
            resilience4j: { [section]: { configs: { shared: {} }, instances: { [`[${instance}]`]: {} } } },
          };
          const config = resilienceConfig([{ label: 'a.yml', documents: [document] }], { env });

          expect(config[kind].instances).toStrictEqual({ [instance]: { baseConfig: 'shared' } });
        }),
      );
    },
  );
});

describe('a relaxed key', () => {
  it('sets the same option in a file in every form', () => {
    fc.assert(
      fc.property(
        writtenOption,
        fc.integer({ min: 1, max: 1_000 }),
        fc.boolean(),
        ({ option, written }, value, asText) => {
          const given = asText ? ` ${value} ` : value;
          const documents = [{ resilience4j: { circuitbreaker: { instances: { customer: { [written]: given } } } } }];
          const { circuitBreaker, warnings } = resilienceConfig([{ label: 'a.yml', documents }], { env: {} });

          expect(circuitBreaker.instances).toStrictEqual({ customer: { [option]: value } });
          expect(warnings).toStrictEqual([]);
        },
      ),
    );
  });

  it('sets the same option and instance in an environment variable with underscores anywhere', () => {
    const written = writtenOption.map(({ option, written }) => ({
      option,
      variable: written.replaceAll(/[-_]+/g, '_').toUpperCase(),
    }));
    fc.assert(
      fc.property(written, fc.constantFrom('customer', 'order-service', 'stockV2'), ({ option, variable }, name) => {
        const inVariable = kebab(name).replaceAll('-', '_').toUpperCase();
        const env = { [`RESILIENCE4J_CIRCUITBREAKER_INSTANCES_${inVariable}_${variable}`]: '7' };
        const { circuitBreaker } = resilienceConfig([], { env, namesInCode: { circuitBreaker: [name] } });

        expect(circuitBreaker.instances).toStrictEqual({ [name]: { [option]: 7 } });
      }),
    );
  });

  it('is a fault with a suggestion if it has a superfluous letter', () => {
    const options = sectionFormats(policies).flatMap(({ section, keys }) =>
      keys.filter((name) => name.length > 8).map((name) => ({ section, name })),
    );
    fc.assert(
      fc.property(fc.constantFrom(...options), fc.nat(), ({ section, name }, position) => {
        const at = position % name.length;
        const mistyped = kebab(`${name.slice(0, at)}q${name.slice(at)}`);
        const documents = [{ resilience4j: { [section]: { instances: { customer: { [mistyped]: 1 } } } } }];

        expect(() => resilienceConfig([{ label: 'a.yml', documents }], { env: {} })).toThrow(
          `customer.${mistyped} is not known; allowed: ${kebab(name)}, if that is what you meant`,
        );
      }),
    );
  });
});
