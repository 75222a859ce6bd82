import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { InvalidOptionsError } from '../core/errors.ts';
import { createRegistry, policies } from '../core/policies.ts';
import { TimeoutExceededError } from '../core/time-limiter/time-limiter.errors.ts';
import { instancesInFiles } from '../doctor/instances-in-files.ts';
import { ConfigFileError } from './config-text.ts';
import { loadResilienceConfig } from './load-resilience-config.ts';
import { resilienceConfig, type ResilienceConfigContext } from './resilience-config.ts';
import { sectionFormats } from './section-format.ts';

class CustomerDown extends Error {}
class LedgerDown extends Error {}
const errorTypes = { CustomerDown, LedgerDown };

/** The configuration of YAML texts, as files named a.yml, b.yml, …. */
function configOf(texts: string | readonly string[], context: ResilienceConfigContext = {}) {
  const files = [texts].flat().map((text, at) => ({
    label: `${'abc'[at]}.yml`,
    documents: [...parseAllDocuments(text, { merge: true })].map((document) => document.toJS() as unknown),
  }));
  return resilienceConfig(files, { env: {}, errorTypes, ...context });
}

function faultsOf(...sources: Parameters<typeof configOf>) {
  try {
    configOf(...sources);
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error.faults;
    throw error;
  }
  return [];
}

describe('lists whose entries have an index (spring-boot#2880)', () => {
  const prefix = 'RESILIENCE4J_RETRY_INSTANCES_CUSTOMER';
  const file = `resilience4j.retry.instances.customer:
    retryExceptions: [RangeError, TypeError, SyntaxError]`;

  it('are set by one environment variable for each entry, and replace the list of a file', () => {
    const env = {
      [`${prefix}_RETRYEXCEPTIONS_1`]: 'LedgerDown',
      [`${prefix}_RETRYEXCEPTIONS_0`]: 'CustomerDown',
      [`${prefix}_IGNORE_EXCEPTIONS_0`]: 'URIError',
    };

    expect(configOf(file, { env }).retry.instances).toStrictEqual({
      customer: { retryExceptions: [CustomerDown, LedgerDown], ignoreExceptions: [URIError] },
    });
  });

  it('are set in environment variables of a list of numbers and of a pipeline', () => {
    const env = {
      RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_RAMPUPSTEPS_0: '10',
      RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_RAMPUPSTEPS_1: '50',
      RESILIENCE4J_PIPELINES_CUSTOMER_0: 'retry',
      RESILIENCE4J_PIPELINES_CUSTOMER_1: 'circuitBreaker',
    };
    const { circuitBreaker, pipelines } = configOf(file, { env });

    expect(circuitBreaker.instances).toStrictEqual({ customer: { rampUpSteps: [10, 50] } });
    expect(pipelines).toStrictEqual({ customer: ['retry', 'circuitBreaker'] });
  });

  it('are set by keys with an index in files, in any order and spelling', () => {
    const text = `
      resilience4j.retry.instances.customer:
        retryExceptions[1]: LedgerDown
        retry-exceptions[0]: \${FIRST:CustomerDown}
      resilience4j.pipelines.customer[0]: retry`;
    const { retry, pipelines } = configOf(text);

    expect(retry.instances).toStrictEqual({ customer: { retryExceptions: [CustomerDown, LedgerDown] } });
    expect(pipelines).toStrictEqual({ customer: ['retry'] });
  });

  it('are faults if an index is missing or the option is no list', () => {
    const env = {
      [`${prefix}_RETRYEXCEPTIONS_0`]: 'CustomerDown',
      [`${prefix}_RETRYEXCEPTIONS_2`]: 'LedgerDown',
      [`${prefix}_MAXATTEMPTS_0`]: '3',
    };

    expect(faultsOf(file, { env })).toMatchObject([
      { option: `${prefix}_MAXATTEMPTS_0`, given: 'not known', allowed: expect.stringContaining('MAXATTEMPTS,') },
      {
        option: `${prefix}_RETRYEXCEPTIONS_2`,
        given: 'in a list with the indexes 0, 2',
        allowed: 'the indexes 0, 1, 2, …, each of them once',
      },
    ]);
  });

  it('may have more than ten entries', () => {
    const steps = Array.from({ length: 12 }, (_, at) => at + 1);
    const path = 'resilience4j.circuitbreaker.instances.customer.rampUpSteps';
    const inFile = steps.map((step, at) => `${path}[${at}]: ${step}`).join('\n');
    const env = Object.fromEntries(
      steps.map((step, at) => [`${path.replaceAll('.', '_').toUpperCase()}_${at}`, `${step}`]),
    );

    for (const config of [configOf(inFile), configOf('', { env })]) {
      expect(config.circuitBreaker.instances).toStrictEqual({ customer: { rampUpSteps: steps } });
    }
  });

  it('are faults with the first and the last key, or with the only one', () => {
    const instances = 'resilience4j.retry.instances';
    const text = `
      ${instances}.a: { "retryExceptions[0]": Foo, "retryExceptions[2]": Bar, "retryExceptions[1]": URIError }
      ${instances}.b: { "retryExceptions[0]": Foo }
      resilience4j.retry.instanzes.c: { "retryExceptions[0]": Foo, "retryExceptions[1]": Bar }`;

    expect(faultsOf(text).map(({ option, given }) => [option, given])).toStrictEqual([
      [
        `a.yml: ${instances}.a.retryExceptions[0] to a.yml: ${instances}.a.retryExceptions[2]`.replaceAll(
          /\[(.)\]/g,
          '.$1',
        ),
        "'Foo', 'Bar', which is not registered",
      ],
      [`a.yml: ${instances}.b.retryExceptions.0`, "'Foo', which is not registered"],
      ['a.yml: resilience4j.retry.instanzes', 'not known'],
    ]);
  });

  it('are faults if the whole list is set, too', () => {
    const env = { [`${prefix}_RETRYEXCEPTIONS_0`]: 'CustomerDown', [`${prefix}_RETRYEXCEPTIONS`]: 'LedgerDown' };

    expect(faultsOf(file, { env })).toMatchObject([{ given: 'set a second time' }]);
  });

  it('belong to one instance, if the names of two instances differ in their punctuation', () => {
    const text = `resilience4j.retry.instances:
      customer-v1: { "retryExceptions[0]": CustomerDown }
      customerV1: { "retryExceptions[0]": LedgerDown }`;

    expect(configOf(text).retry.instances).toStrictEqual({
      'customer-v1': { retryExceptions: [CustomerDown] },
      customerV1: { retryExceptions: [LedgerDown] },
    });
  });
});

describe('tags of metrics, which Spring writes into an instance or its section', () => {
  const withTags = sectionFormats(policies).filter(({ meaninglessKeys }) => meaninglessKeys.includes('tags'));

  it.each(withTags.map(({ section }) => section))(
    'are ignored with a warning in a file and in the environment: %s',
    (section) => {
      const root = `RESILIENCE4J_${section.toUpperCase()}`;
      const env = {
        [`${root}_INSTANCES_A_TAGS_X`]: '1',
        [`${root}_INSTANCES_A_B_TAGS_TEAM_NAME`]: '1',
        [`${root}_CONFIGS_DEFAULT_TAGS`]: '1',
        [`${root}_TAGS_X`]: '1',
      };
      const text = `resilience4j.${section}: { tags: { x: 1 }, instances: { a: { tags: { x: 1 } }, a_b: {} } }`;
      const effectless = 'Parts of the resilience configuration have no effect here:';
      const inFile = [
        effectless,
        `  - a.yml: resilience4j.${section}.tags`,
        `  - a.yml: resilience4j.${section}.instances.a.tags.x`,
      ];

      expect(configOf(text).warnings).toStrictEqual([inFile.join('\n')]);
      expect(configOf([], { env }).warnings).toStrictEqual([
        [effectless, ...Object.keys(env).map((variable) => `  - ${variable}`)].join('\n'),
      ]);
      expect(configOf(text, { env }).warnings).toHaveLength(1);
    },
  );

  it('are ignored if their names contain digits', () => {
    const text = 'resilience4j.retry.instances.a.tags: { v1: x, 2nd: y }';

    expect(configOf(text).warnings).toHaveLength(1);
  });

  it('do not hide the option of an instance whose name contains the word', () => {
    const variables = ['TAGS_MAXATTEMPTS', 'A_TAGS_B_MAXATTEMPTS', 'A_TAGS_MAXATTEMPTS'];
    const env = Object.fromEntries(variables.map((name) => [`RESILIENCE4J_RETRY_INSTANCES_${name}`, '9']));

    const { retry, warnings } = configOf([], { env });

    expect(retry.instances).toStrictEqual({
      tags: { maxAttempts: 9 },
      a_tags_b: { maxAttempts: 9 },
      a_tags: { maxAttempts: 9 },
    });
    expect(warnings).toStrictEqual([]);
    expect(
      faultsOf('resilience4j.retry.instances: { a-tags: {} }', {
        env: { RESILIENCE4J_RETRY_INSTANCES_A_TAGS_MAXATEMPTS: '9' },
      }),
    ).toMatchObject([{ given: 'not known' }]);
  });
});

describe('environment variables with dots, as containers can have them', () => {
  it('set the same options as the keys of a file', () => {
    const env = {
      'resilience4j.retry.instances.a.maxAttempts': '9',
      'resilience4j.retry.instances.a.retry-exceptions[1]': 'LedgerDown',
      'resilience4j.retry.instances.a.retry-exceptions[0]': 'CustomerDown',
      'resilience4j.retry.instances[customer.v1].waitDuration': '2s',
      'Resilience4j.pipelines.a': 'retry',
    };
    const text = 'resilience4j.retry.instances.a: { maxAttempts: 5, waitDuration: 1s }';

    expect(configOf(text, { env })).toMatchObject({
      retry: {
        instances: {
          a: { maxAttempts: 9, waitDuration: 1_000, retryExceptions: [CustomerDown, LedgerDown] },
          'customer.v1': { waitDuration: 2_000 },
        },
      },
      pipelines: { a: ['retry'] },
    });
  });

  it('are left out if they have no value', () => {
    const env = {
      'resilience4j.retry.instances.a.maxAttempts': undefined,
      RESILIENCE4J_RETRY_INSTANCES_B_C: undefined,
    };

    expect(configOf([], { env })).toMatchObject({ retry: { instances: {} }, warnings: [] });
  });

  it('activate profiles', () => {
    const text = 'a: 1\n---\nspring.profiles: prod\nresilience4j.retry.instances.a.maxAttempts: 9';

    expect(configOf(text, { env: { 'spring.profiles.active': 'prod' } }).retry.instances).toStrictEqual({
      a: { maxAttempts: 9 },
    });
  });

  it('are faults with their name if a value or a key is wrong, or if the other form sets the option too', () => {
    const env = {
      'resilience4j.retry.instances.a.maxAttempts': '0',
      'resilience4j.retry.instances.a.maxAtempts': '5',
      'resilience4j.retry.instances.b.maxAttempts': '5',
      RESILIENCE4J_RETRY_INSTANCES_B_MAXATTEMPTS: '6',
    };

    expect(faultsOf('', { env }).map(({ option }) => option)).toStrictEqual([
      'resilience4j.retry.instances.a.maxAttempts',
      'resilience4j.retry.instances.a.maxAtempts',
      'RESILIENCE4J_RETRY_INSTANCES_B_MAXATTEMPTS',
    ]);
  });
});

describe('environment variables for names with punctuation (Resilience4j#1226)', () => {
  const instances = (names: readonly string[], env: Record<string, string>) =>
    configOf(
      `resilience4j.retry.instances: { ${names.map((name) => `"[${name}]": { waitDuration: 1s }`).join(', ')} }`,
      { env },
    ).retry.instances;
  const variable = (name: string) => `RESILIENCE4J_RETRY_INSTANCES_${name}_MAXATTEMPTS`;

  it.each([
    ['customer.v1', 'CUSTOMER_V1'],
    ['customer.v1', 'CUSTOMERV1'],
    ['customer-v1', 'CUSTOMERV1'],
    ['customer-v1', 'CUSTOMER_V1'],
    ['customer_v1', 'CUSTOMER_V1'],
    ['com.acme.customer-api', 'COM_ACME_CUSTOMERAPI'],
    ['com.acme.customer-api', 'COM_ACME_CUSTOMER_API'],
    ['customer/v1', 'CUSTOMER_V1'],
    ['GET /customers', 'GET_CUSTOMERS'],
  ])('set an option of the instance %s by %s, without a second instance', (name, written) => {
    expect(instances([name], { [variable(written)]: '5' })).toStrictEqual({
      [name]: { waitDuration: 1_000, maxAttempts: 5 },
    });
  });

  it('mean the instance whose name has exactly the form of Spring', () => {
    const env = { [variable('CUSTOMER_V1')]: '5', [variable('CUSTOMERV1')]: '6' };

    expect(instances(['customer.v1', 'customer-v1'], env)).toMatchObject({
      'customer.v1': { maxAttempts: 5 },
      'customer-v1': { maxAttempts: 6 },
    });
  });

  it('mean the pipeline whose name has exactly the form of Spring', () => {
    const pipelines = { 'customer.v1': ['bulkhead'], 'customer-v1': ['bulkhead'] } as const;
    const env = { RESILIENCE4J_PIPELINES_CUSTOMER_V1: 'retry' };

    expect(configOf([], { env, pipelines }).pipelines).toStrictEqual({
      'customer.v1': ['retry'],
      'customer-v1': ['bulkhead'],
    });
  });

  it('are faults if they mean two instances, two named configurations or two pipelines', () => {
    const text = `resilience4j:
      retry:
        configs: { "[a.b]": {}, "[a_b]": {} }
        instances: { "[customer.v1]": {}, "[customer_v1]": {} }
      pipelines: { "[a.b]": [retry], "[a_b]": [retry] }`;
    const env = {
      [variable('CUSTOMER_V1')]: '5',
      RESILIENCE4J_RETRY_CONFIGS_A_B_MAXATTEMPTS: '5',
      RESILIENCE4J_PIPELINES_A_B: 'retry',
    };

    expect(faultsOf(text, { env })[0]?.allowed).toBe('a variable that means one of them, or the option in a file');
    expect(faultsOf(text, { env }).map(({ option, given }) => [option, given])).toStrictEqual([
      [variable('CUSTOMER_V1'), 'ambiguous, since it means customer.v1.MAXATTEMPTS or customer_v1.MAXATTEMPTS'],
      ['RESILIENCE4J_RETRY_CONFIGS_A_B_MAXATTEMPTS', 'ambiguous, since it means a.b.MAXATTEMPTS or a_b.MAXATTEMPTS'],
      ['RESILIENCE4J_PIPELINES_A_B', 'ambiguous, since it means a.b or a_b'],
    ]);
  });

  it('report an ambiguous option as the variable spells it', () => {
    const text = 'resilience4j.retry.instances: { "[a.b]": {}, "[a_b]": {} }';
    const prefix = 'RESILIENCE4J_RETRY_INSTANCES_A_B';
    const env = { [`${prefix}_MAX_ATTEMPTS`]: '5', [`${prefix}_RETRY_EXCEPTIONS_0`]: 'URIError' };

    expect(faultsOf(text, { env }).map(({ given }) => given)).toStrictEqual([
      'ambiguous, since it means a.b.MAX_ATTEMPTS or a_b.MAX_ATTEMPTS',
      'ambiguous, since it means a.b.RETRY_EXCEPTIONS.0 or a_b.RETRY_EXCEPTIONS.0',
    ]);
  });

  it('set the longest option that follows a name which is not known', () => {
    const env = { RESILIENCE4J_RETRY_INSTANCES_STOCK_EXPONENTIAL_MAX_WAIT_DURATION: '9s' };

    expect(Object.keys(configOf('', { env }).retry.instances ?? {})).toStrictEqual(['stock']);
  });

  it('do not mean a named configuration by the name of a pipeline or of an instance in code', () => {
    const env = { RESILIENCE4J_RETRY_CONFIGS_CUSTOMER_API_MAXATTEMPTS: '5' };
    const namesInCode = { retry: ['customer-api'], pipeline: ['customer-api'] };

    expect(configOf('', { env, namesInCode }).retry.configs).toStrictEqual({ customer_api: { maxAttempts: 5 } });
  });

  it('suggest the nearest option in place of a mistyped one of several words', () => {
    const env = { RESILIENCE4J_RETRY_INSTANCES_A_B_MAX_ATEMPTS: '5', RESILIENCE4J_RETRY_INSTANCES_A_COLOUR: 'red' };

    expect(faultsOf('resilience4j.retry.instances.a_b: {}', { env })).toMatchObject([
      { allowed: 'RESILIENCE4J_RETRY_INSTANCES_A_B_MAXATTEMPTS, if that is what you meant' },
      { allowed: expect.stringMatching(/^one of baseConfig, .*, resultPredicate.* at the end$/) },
    ]);
  });

  it('find names that only code uses, and pipelines', () => {
    const env = { [variable('MAIL_V2')]: '5', RESILIENCE4J_PIPELINES_MAIL_V2: 'retry' };
    const namesInCode = { retry: ['mail.v2'], pipeline: ['mail.v2'] };
    const { retry, pipelines } = configOf([], { env, namesInCode });

    expect(retry.instances).toStrictEqual({ 'mail.v2': { maxAttempts: 5 } });
    expect(pipelines).toStrictEqual({ 'mail.v2': ['retry'] });
  });
});

describe('placeholders that refer to keys of the files (spring-boot#12136)', () => {
  const retry = (text: string | readonly string[], context?: ResilienceConfigContext) =>
    configOf(text, context).retry.instances?.['customer'];

  it('have the value of the key, in any spelling and of any type', () => {
    const text = `
      my: { wait: 250ms, attempts: 7, errors: [TypeError, CustomerDown] }
      acme.long-wait: \${my.wait}
      resilience4j.retry.instances.customer:
        waitDuration: \${acme.longWait}
        maxAttempts: \${my.attempts}
        retryExceptions: ["\${my.errors[1]}", "\${my.none:RangeError}"]`;

    expect(retry(text)).toStrictEqual({
      waitDuration: 250,
      maxAttempts: 7,
      retryExceptions: [CustomerDown, RangeError],
    });
  });

  it('find keys in the other files, the last one of which counts, and the environment overrides them', () => {
    const files = [
      'my.wait: 1s\nresilience4j.retry.instances.customer.waitDuration: ${my.wait:9s}',
      'my.wait: 2s\nresilience4j.retry.instances.customer.maxAttempts: ${resilience4j.bulkhead.instances.b.maxConcurrentCalls}',
      'resilience4j.bulkhead.instances.b.max-concurrent-calls: 4',
    ];

    expect(retry(files)).toStrictEqual({ waitDuration: 2_000, maxAttempts: 4 });
    expect(retry(files, { env: { MY_WAIT: '3s' } })).toMatchObject({ waitDuration: 3_000 });
  });

  it('ignore keys in documents of profiles that are not active', () => {
    const text = `resilience4j.retry.instances.customer.waitDuration: \${my.wait:9s}
---
spring.config.activate.on-profile: prod
my.wait: 1s`;

    expect(retry(text)).toStrictEqual({ waitDuration: 9_000 });
    expect(retry(text, { env: { SPRING_PROFILES_ACTIVE: 'prod' } })).toStrictEqual({ waitDuration: 1_000 });
  });

  it('are faults if they form a circle', () => {
    const text = `
      my: { a: "\${my.b}", b: "\${my.a}" }
      resilience4j.retry.instances.customer.waitDuration: \${my.a}
      resilience4j.pipelines.customer: \${resilience4j.pipelines.customer}`;

    expect(faultsOf(text)[0]?.allowed).toBe('placeholders that lead to a value');
    expect(faultsOf(text).map(({ given }) => given)).toStrictEqual([
      "'${my.a}', whose placeholders form a circle (my.a → my.b → my.a)",
      "'${resilience4j.pipelines.customer}', whose placeholders form a circle " +
        '(resilience4j.pipelines.customer → resilience4j.pipelines.customer)',
    ]);
  });
});

describe('profiles (Resilience4j#1475)', () => {
  const profiles = `spring.profiles.active: \${PROFILE:}
resilience4j.retry.instances.customer.maxAttempts: 1
---
spring.config.activate.on-profile: default
resilience4j.retry.instances.customer.maxAttempts: 2
---
spring.config.activate.on-profile: [prod, staging]
resilience4j.retry.instances.customer.maxAttempts: 3
---
spring.config.activate.on-profile: eu
resilience4j.retry.instances.customer.maxAttempts: 4`;
  const attempts = (env: Record<string, string>, text: string | readonly string[] = profiles) =>
    configOf(text, { env }).retry.instances?.['customer']?.maxAttempts;

  it.each([
    ['default if no profile is active', {}, 2],
    ['default if the variable is empty', { SPRING_PROFILES_ACTIVE: '' }, 2],
    ['those of spring.profiles.active in the file', { PROFILE: 'staging' }, 3],
    ['several', { PROFILE: 'prod, eu' }, 4],
    ['those of the environment instead of the file', { SPRING_PROFILES_ACTIVE: 'prod', PROFILE: 'eu' }, 3],
    [
      'those of indexed variables',
      { SPRING_PROFILES_ACTIVE_0: 'prod', SPRING_PROFILES_ACTIVE_1: 'eu', PROFILE: 'staging' },
      4,
    ],
    ['none that a document is for', { SPRING_PROFILES_ACTIVE: 'test' }, 1],
    ['a placeholder without a value as it is written', { PROFILE: '${NONE}' }, 1],
    [
      'those of more than ten indexed variables',
      Object.fromEntries(
        'abcdefghij'
          .split('')
          .concat('prod')
          .map((name, at) => [`SPRING_PROFILES_ACTIVE_${at}`, name]),
      ),
      3,
    ],
  ])('count as active: %s', (_, env, expected) => {
    expect(attempts(env)).toBe(expected);
  });

  it.each(['spring.profiles.active: prod', 'spring.profiles.active: [prod]', '"spring.profiles.active[0]": prod'])(
    'may be activated by another file: %s',
    (text) => {
      expect(attempts({}, [profiles.replace(/^.*\n/, ''), text])).toBe(3);
    },
  );

  it('may be combined by expressions', () => {
    const text = `resilience4j.retry.instances.customer.maxAttempts: 1
---
spring.config.activate.on-profile: "!prod"
resilience4j.retry.instances.customer.maxAttempts: 2
---
spring.config.activate.on-profile: "prod & (eu | us)"
resilience4j.retry.instances.customer.maxAttempts: 3`;

    expect(attempts({}, text)).toBe(2);
    expect(attempts({ SPRING_PROFILES_ACTIVE: 'prod' }, text)).toBe(1);
    expect(attempts({ SPRING_PROFILES_ACTIVE: 'prod, eu' }, text)).toBe(3);
    expect(faultsOf('spring.config.activate.on-profile: prod & eu | us')).toMatchObject([
      {
        option: 'a.yml: spring.config.activate.on-profile',
        given: "'prod & eu | us'",
        allowed: 'names of profiles with !, &, | and parentheses, such as prod & (eu | us)',
      },
    ]);
  });

  it('are those of the last file that activates some', () => {
    const files = ['spring.profiles.active: prod', profiles.replace(/^.*\n/, ''), 'spring.profiles.active: eu', 'a: 1'];

    expect(attempts({}, files)).toBe(4);
  });

  it('may be in a list with more than ten entries', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'prod'];
    const active = names.map((name, at) => `spring.profiles.active[${at}]: ${name}`).join('\n');

    expect(attempts({}, [profiles.replace(/^.*\n/, ''), active])).toBe(3);
  });

  it.each(['include: prod', '2nd: prod', 'v2: prod', 'group.prod: eu'])(
    'are not required by another key of profiles: spring.profiles.%s',
    (key) => {
      expect(attempts({}, `spring.profiles.${key}\nresilience4j.retry.instances.customer.maxAttempts: 5`)).toBe(5);
    },
  );

  it('of a document that is left out are a warning with the active ones', () => {
    const text = `spring.profiles.active: a, b\n---\nspring.profiles: prod, eu`;

    expect(configOf(text).warnings[0]).toContain(
      '  - a.yml: the document for the profile prod, eu, which is not active ' +
        '(SPRING_PROFILES_ACTIVE or spring.profiles.active; active: a, b)',
    );
  });

  it('cannot be activated by a document of a profile', () => {
    const text = `resilience4j.retry.instances.customer.maxAttempts: 1
---
spring: { config.activate.on-profile: [prod, test], profiles.active: [eu, us] }
---
spring.config.activate.on-profile: eu
resilience4j.retry.instances.customer.maxAttempts: 0`;

    expect(faultsOf(text)).toStrictEqual([
      {
        option: 'a.yml: spring.profiles.active',
        given: 'eu, us in the document for the profile prod, test',
        allowed: 'a document without a profile',
      },
    ]);
  });
});

describe('Java classes without a counterpart', () => {
  const text = `resilience4j:
    circuitbreaker.instances:
      customer:
        recordExceptions: [java.io.IOException, CustomerDown]
        ignoreExceptions: com.acme.Outer$Rejected
        recordFailurePredicate: com.acme.IsOutage
        slidingWindowSize: 7
      ledger:
        recordExceptions: java.io.IOException
    retry.instances.customer.retryExceptions: [java.io.IOException]`;

  it('are one warning each with all their places, and the rest of the file is loaded', () => {
    const root = 'a.yml: resilience4j.circuitbreaker.instances';

    expect(configOf(text).warnings).toStrictEqual([
      'The Java class java.io.IOException is not known here, so no error matches it; errorTypes can register a ' +
        `counterpart (${root}.customer.recordExceptions, ${root}.ledger.recordExceptions, ` +
        'a.yml: resilience4j.retry.instances.customer.retryExceptions).',
      'The Java class com.acme.Outer$Rejected is not known here, so no error matches it; errorTypes can register a ' +
        `counterpart (${root}.customer.ignoreExceptions).`,
      'The Java class com.acme.IsOutage is not known here, so the option is not set; predicates can register a ' +
        `counterpart (${root}.customer.recordFailurePredicate).`,
    ]);
  });

  it('match no error, as in Spring if it is never thrown, and a predicate is left out', () => {
    const registry = createRegistry('circuitBreaker', configOf(text).circuitBreaker);
    const customer = registry.getOrCreate('customer');
    const ledger = registry.getOrCreate('ledger');

    customer.onError(1, new CustomerDown());
    customer.onError(1, new Error('other'));
    ledger.onError(1, new Error('other'));

    expect(customer.config).toMatchObject({ slidingWindowSize: 7, recordException: undefined });
    expect(customer.metrics.failedCalls).toBe(1);
    expect(ledger.metrics.failedCalls).toBe(0);
  });

  it('are classes with the name of the Java class', () => {
    const [standIn] = configOf(text).retry.instances?.['customer']?.retryExceptions ?? [];

    expect(standIn).toHaveProperty('name', 'java.io.IOException');
  });

  it('are not among the names that a fault lists', () => {
    const faulty = 'resilience4j.retry.instances.a.retryExceptions: [java.io.IOException, Foo, URIError, Bar]';

    expect(faultsOf(faulty)).toMatchObject([{ given: "'Foo', 'Bar', which is not registered" }]);
  });

  it('are the same in two configurations, so that a reload changes nothing', () => {
    expect(configOf(text).circuitBreaker).toStrictEqual(configOf(text).circuitBreaker);
  });

  it.each([
    'com.acme.IOProblem',
    'com.MyCompany.errors.FooException',
    'com.acme.ERRORS.v2.Down',
    'com.acme.Outer.Inner',
    'com.acme.Outer$Inner',
    'com.acme.Outer$1',
    'Acme.Down',
    'com._internal.Down_',
    'org.größe.Überlauf',
  ])('are known as such by their form: %s', (name) => {
    const text = `resilience4j.retry.instances.a: { ignoreExceptions: ${name}, resultPredicate: ${name} }`;

    expect(configOf(text).warnings).toStrictEqual([
      expect.stringContaining(`The Java class ${name} is not known here, so no error matches it`),
      expect.stringContaining(`The Java class ${name} is not known here, so the option is not set`),
    ]);
  });

  const functions = sectionFormats(policies).flatMap(({ section, rules }) =>
    Object.keys(rules)
      .filter((option) => rules[option]?.kind === 'function')
      .map((option) => [`${section}.instances.a`, option] as const),
  );

  it.each(functions)('are one warning where a function is expected: %s.%s', (path, option) => {
    const text = `resilience4j.${path}: { ${option}: com.acme.Interval }`;

    expect(configOf(text).warnings).toStrictEqual([
      'The Java class com.acme.Interval is not known here, so the option is not set; only code can give a function ' +
        `(a.yml: resilience4j.${path}.${option}).`,
    ]);
    expect(faultsOf(text.replace('com.acme.Interval', 'interval'))).toMatchObject([{ given: "'interval'" }]);
  });

  it('leave the rest of a retry as it is: intervalBiFunction', () => {
    const text = 'resilience4j.retry.instances.a: { waitDuration: 2s, intervalBiFunction: com.acme.I }';

    expect(configOf(text).retry.instances).toStrictEqual({ a: { waitDuration: 2_000 } });
  });

  it.each(['RangeEror', 'IOException', 'com.acme.isOutage', 'com.acme'])(
    'do not include %s, which is a fault',
    (name) => {
      expect(faultsOf(`resilience4j.retry.instances.customer.retryExceptions: ${name}`)).toMatchObject([
        { given: `'${name}', which is not registered` },
      ]);
    },
  );
});

describe('files', () => {
  let folder: string;
  const write = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resilience-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('may be an application.properties (spring-boot#44508)', async () => {
    const path = await write(
      'application.properties',
      `# Customer
my.wait = 250ms
resilience4j.retry.instances.customer.wait-duration=\${my.wait}
resilience4j.retry.instances.customer.retry-exceptions[0]=CustomerDown
resilience4j.retry.instances.customer.retry-exceptions[1]=LedgerDown
resilience4j.retry.instances[customer.v1].ignoreExceptions : CustomerDown,\\
    LedgerDown
#---
spring.config.activate.on-profile=prod
resilience4j.retry.instances.customer.max-attempts=9
`,
    );
    const load = (env: Record<string, string>) => loadResilienceConfig({ files: [path], env, errorTypes });

    expect((await load({})).retry.instances).toStrictEqual({
      customer: { waitDuration: 250, retryExceptions: [CustomerDown, LedgerDown] },
      'customer.v1': { ignoreExceptions: [CustomerDown, LedgerDown] },
    });
    expect((await load({ SPRING_PROFILES_ACTIVE: 'prod' })).retry.instances).toMatchObject({
      customer: { maxAttempts: 9 },
    });
  });

  it.each([
    ['- resilience4j', '["resilience4j"]'],
    ['resilience4j', "'resilience4j'"],
    ['42', '42'],
    ['a: 1\n---\n- b', '["b"]'],
  ])('are faults if their top is no map: %j', async (text, given) => {
    const path = await write('resilience.yml', text);

    for (const load of [() => loadResilienceConfig({ files: [path], env: {} }), () => instancesInFiles([path], {})]) {
      await expect(load()).rejects.toThrow(`${path} is ${given} at the top; allowed: a map, such as resilience4j: …`);
    }
  });

  it.each([
    ['resilience.toml', 'has the extension .toml'],
    ['resilience.xml', 'has the extension .xml'],
    ['resilience', 'has no extension'],
  ])('are refused if their kind is not known: %s', async (name, given) => {
    const path = await write(name, '');

    for (const load of [() => loadResilienceConfig({ files: [path], env: {} }), () => instancesInFiles([path], {})]) {
      await expect(load()).rejects.toThrow(
        new ConfigFileError(path, `The configuration file ${path} ${given}; allowed: .yml, .yaml, .json, .properties.`),
      );
    }
  });

  it('are faults with the line of an invalid escape', async () => {
    const path = await write('resilience.properties', 'a=1\nb=\\uXYZ');

    await expect(loadResilienceConfig({ files: [path], env: {} })).rejects.toMatchObject({
      message: `${path} is not a valid properties file, line 2: '\\uXYZ' is no character`,
      cause: { name: 'SyntaxError' },
    });
  });

  it('are read by the doctor as by the application', async () => {
    const path = await write(
      'resilience.yml',
      `spring.profiles.active: prod
my.size: 8
resilience4j.circuitbreaker.instances.customer: { slidingWindowSize: "\${my.size}", "recordExceptions[0]": com.acme.Down }
---
spring.config.activate.on-profile: prod
resilience4j.circuitbreaker.instances.customer.failureRateThreshold: 60
---
spring.config.activate.on-profile: test
resilience4j.circuitbreaker.instances.customer.ignoreExceptionPredicate: com.acme.IsTest`,
    );
    const env = { RESILIENCE4J_RETRY_INSTANCES_CUSTOMER_RETRYEXCEPTIONS_0: 'com.acme.Down' };
    const { instances, warnings } = await instancesInFiles([path], env);

    expect(instances).toMatchObject([
      { name: 'customer', circuitBreaker: { slidingWindowSize: 8, failureRateThreshold: 60 } },
    ]);
    expect(instances[0]?.circuitBreaker?.recordExceptions).toStrictEqual(instances[0]?.retry?.retryExceptions);
    expect(warnings).toStrictEqual([expect.stringContaining('the document for the profile test')]);
  });
});

describe('the application.yml of the official demo for Spring Boot', () => {
  const file = fileURLToPath(new URL('demo-application.fixture.yml', import.meta.url));

  it('loads without a fault, with one warning for each class and one for the thread pool', async () => {
    const { warnings, ...config } = await loadResilienceConfig({ files: [file], env: {} });

    expect(warnings.map((warning) => /(?<=Java class )\S+|thread-pool-bulkhead/.exec(warning)?.[0])).toStrictEqual([
      'thread-pool-bulkhead',
      'org.springframework.web.client.HttpServerErrorException',
      'java.io.IOException',
      'io.github.robwin.exception.BusinessException',
      'io.github.robwin.exception.RecordFailurePredicate',
    ]);
    const circuitBreakers = createRegistry('circuitBreaker', config.circuitBreaker);
    expect(circuitBreakers.names()).toStrictEqual(['backendA', 'backendB']);
    expect(circuitBreakers.getOrCreate('backendA').config).toMatchObject({
      slidingWindowSize: 10,
      waitDurationInOpenState: 5_000,
      recordExceptions: expect.arrayContaining([TimeoutExceededError]),
    });
    expect(createRegistry('retry', config.retry).getOrCreate('backendB').config).toMatchObject({
      maxAttempts: 3,
      waitDuration: 100,
    });
    expect(createRegistry('bulkhead', config.bulkhead).getOrCreate('backendB').config).toMatchObject({
      maxConcurrentCalls: 20,
      maxWaitDuration: 10,
    });
  });

  it('is explained by the doctor', async () => {
    const { instances } = await instancesInFiles([file], {});

    expect(instances.map(({ name }) => name)).toStrictEqual(['backendA', 'backendB']);
  });
});
