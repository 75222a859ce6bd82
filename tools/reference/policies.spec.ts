import { type OptionRule, parseDuration } from '@breakwater/resilience';
import { resilienceConfig } from '@breakwater/resilience/config';
import { describe, expect, it } from 'vitest';
import { type ReferencedOption, referencedPolicies, variablePrefix } from './policies.ts';

const policies = referencedPolicies();
const options = policies.flatMap(({ format, options: all }) =>
  all.map((option) => ({ title: format.title, section: format.section, option })),
);
const inFiles = options.filter(({ option }) => option.rule.kind !== 'function');

const sample = (): boolean => true;
const names = { predicates: { sample }, errorTypes: {} };

/** A value for a file. */
function valueFor({ kind, defaultValue, allowed, parse }: OptionRule<unknown>): unknown {
  if (kind === 'errorClasses') return 'Error';
  if (kind === 'errorPredicate' || kind === 'resultPredicate') return 'sample';
  if (kind === 'boolean') return true;
  if (kind === 'text') return ['shared', 'http://shared', '/shared'].find((value) => parse(value) !== undefined);
  if (kind === 'numbers') return '10,50';
  if (kind === 'choice') return defaultValue ?? allowed.split(/ of |, /)[1];
  return defaultValue ?? [1, 0.5].find((value) => parse(value) !== undefined);
}

/** The configuration of an instance, as far as it can be compared. */
function configOf(documents: readonly unknown[], env: Readonly<Record<string, string>> = {}): unknown {
  const files = documents.length === 0 ? [] : [{ label: 'resilience.yml', documents }];
  const { healthOptions, ...config } = resilienceConfig(files, { env, ...names });
  const health = [healthOptions.circuitBreaker('customer'), healthOptions.rateLimiter('customer')];
  return JSON.parse(JSON.stringify({ ...config, health }, functionsAsText)) as unknown;
}

const fromFile = (section: string, settings: object | null): unknown =>
  configOf([{ resilience4j: { [section]: { instances: { customer: settings } } } }]);

const functionsAsText = (_key: string, value: unknown): unknown => (typeof value === 'function' ? value.name : value);

describe('Every key of the reference', () => {
  it.each(inFiles)('$title: $option.name sets the same option in every spelling', ({ section, option }) => {
    const { name, rule } = option;
    const value = valueFor(rule);
    const withDashes = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

    const loaded = fromFile(section, { [name]: value });

    expect(loaded).toMatchObject({ warnings: [] });
    expect(loaded).not.toStrictEqual(fromFile(section, null));
    expect(fromFile(section, { [withDashes]: value })).toStrictEqual(loaded);
    const variable = `${variablePrefix(section)}CUSTOMER_${name.toUpperCase()}`;
    expect(configOf([], { [variable]: String(value) })).toStrictEqual(loaded);
  });

  it.each(options.filter(({ option }) => option.rule.kind === 'function'))(
    '$title: $option.name cannot be in a file',
    ({ section, option }) => {
      expect(() => fromFile(section, { [option.name]: 'something' })).toThrow('only code can give a function');
    },
  );
});

/** A stated default: `60 s by default`, `true by default`. */
const statedDefault = /(?:^|[ ;])`?(?<stated>-?[\d.]+(?: (?:ns|ms|s|min))?|True|False|[A-Z]{4,})`? by default/;

describe('Every docstring', () => {
  const stating = options.filter(({ option }) => statedDefault.test(option.meaning));

  it.each(stating)('$title: $option.name states the default of the rule', ({ option }) => {
    expect(stated(option)).toStrictEqual(option.rule.defaultValue);
  });

  it.each(options)('$title: $option.name has one', ({ option }) => {
    expect(option.meaning).not.toBe('');
  });

  it('states its default in most cases', () => {
    expect(stating.length).toBeGreaterThan(40);
  });
});

function stated({ meaning, rule }: ReferencedOption): unknown {
  const text = statedDefault.exec(meaning)?.groups?.['stated'] ?? '';
  if (rule.kind === 'duration') return parseDuration(text.replace(' min', 'm'));
  if (rule.kind === 'boolean') return text === 'True';
  return rule.kind === 'number' ? Number(text) : text;
}
