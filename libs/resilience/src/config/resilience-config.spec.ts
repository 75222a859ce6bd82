import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { CircuitBreakerOptions } from '../core/circuit-breaker/circuit-breaker.options.ts';
import { InvalidOptionsError } from '../core/errors.ts';
import { createRegistry } from '../core/policies.ts';
import { resilienceConfig, type ResilienceConfigContext } from './resilience-config.ts';

/** The configuration of YAML texts, as files named a.yml, b.yml, …. */
function configOf(texts: string | readonly string[], context: ResilienceConfigContext = {}) {
  const files = [texts].flat().map((text, at) => ({
    label: `${'abc'[at]}.yml`,
    documents: [...parseAllDocuments(text, { merge: true })].map((document) => document.toJS() as unknown),
  }));
  return resilienceConfig(files, { env: {}, ...context });
}

function instance(name: string, ...sources: Parameters<typeof configOf>): CircuitBreakerOptions {
  return configOf(...sources).circuitBreaker.instances?.[name] ?? {};
}

/** The configuration as a registry resolves it, including base configurations. */
function resolved(name: string, ...sources: Parameters<typeof configOf>) {
  return createRegistry('circuitBreaker', configOf(...sources).circuitBreaker).getOrCreate(name).config;
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

class IOException extends Error {}
class TimeoutException extends Error {}

describe("a Spring team's application.yml", () => {
  const applicationYml = `
    server.port: 8080
    spring: { application: { name: account }, jpa: { open-in-view: false } }
    management.health.circuitbreakers.enabled: true
    resilience4j.circuitbreaker:
      configs:
        default:
          registerHealthIndicator: true
          slidingWindowSynchronizationStrategy: LOCK_FREE
          slidingWindowSize: 10
          minimumNumberOfCalls: 5
          permittedNumberOfCallsInHalfOpenState: 3
          automaticTransitionFromOpenToHalfOpenEnabled: true
          waitDurationInOpenState: 5s
          failureRateThreshold: 50
          eventConsumerBufferSize: 10
          recordExceptions:
            - java.io.IOException
            - java.util.concurrent.TimeoutException
          ignoreExceptions: com.acme.BusinessException
        shared:
          base-config: default
          sliding-window-type: time_based
      instances:
        customer:
          baseConfig: default
          slow-call-duration-threshold: 500ms
          slow-call-rate-threshold: 70
        stock:
          base-config: shared
          waitDurationInOpenState: PT1M
          max-wait-duration-in-half-open-state: 1500
        mail:
    resilience4j.spelresolver.enabled: true`;
  class BusinessException extends Error {}
  const errorTypes = { IOException, TimeoutException, BusinessException };

  it('loads without changes', () => {
    const registry = createRegistry('circuitBreaker', configOf(applicationYml, { errorTypes }).circuitBreaker);

    expect(registry.names()).toStrictEqual(['customer', 'stock', 'mail']);
    expect(registry.getOrCreate('customer').config).toMatchObject({
      slidingWindowSize: 10,
      slidingWindowType: 'COUNT_BASED',
      minimumNumberOfCalls: 5,
      permittedNumberOfCallsInHalfOpenState: 3,
      automaticTransitionFromOpenToHalfOpenEnabled: true,
      waitDurationInOpenState: 5_000,
      failureRateThreshold: 50,
      slowCallDurationThreshold: 500,
      slowCallRateThreshold: 70,
      eventConsumerBufferSize: 10,
      recordExceptions: [IOException, TimeoutException],
      ignoreExceptions: [BusinessException],
    });
    expect(registry.getOrCreate('stock').config).toMatchObject({
      slidingWindowSize: 10,
      slidingWindowType: 'TIME_BASED',
      waitDurationInOpenState: 60_000,
      maxWaitDurationInHalfOpenState: 1_500,
    });
    expect(registry.getOrCreate('mail').config).toMatchObject({ slidingWindowSize: 10 });
  });

  it('produces one warning with everything that has no effect, and ignores other keys', () => {
    expect(configOf(applicationYml, { errorTypes }).warnings).toStrictEqual([
      'Parts of the resilience configuration have no effect here:\n' +
        '  - a.yml: resilience4j.circuitbreaker.configs.default.slidingWindowSynchronizationStrategy\n' +
        '  - a.yml: resilience4j.spelresolver',
    ]);
  });
});

describe('instances', () => {
  it('may be in the group backends, the former name of Resilience4j', () => {
    expect(instance('customer', 'resilience4j.circuitbreaker.backends.customer.slidingWindowSize: 7')).toStrictEqual({
      slidingWindowSize: 7,
    });
  });

  it('may have names with dots, written in brackets', () => {
    expect(
      instance('customer.v1', 'resilience4j.circuitbreaker.instances: { "[customer.v1]": { slidingWindowSize: 7 } }'),
    ).toStrictEqual({ slidingWindowSize: 7 });
  });
});

describe('values', () => {
  it.each([
    ['slidingWindowSize', '"10"', 10],
    ['failureRateThreshold', "'42.5'", 42.5],
    ['automaticTransitionFromOpenToHalfOpenEnabled', 'yes', true],
    ['automaticTransitionFromOpenToHalfOpenEnabled', '"TRUE"', true],
    ['automaticTransitionFromOpenToHalfOpenEnabled', '" on "', true],
    ['automaticTransitionFromOpenToHalfOpenEnabled', '1', true],
    ['writableStackTraceEnabled', 'off', false],
    ['writableStackTraceEnabled', '"no"', false],
    ['writableStackTraceEnabled', '"false"', false],
    ['writableStackTraceEnabled', '0', false],
    ['slidingWindowType', 'time-based', 'TIME_BASED'],
    ['slidingWindowType', '" time-based "', 'TIME_BASED'],
    ['initialState', 'forced_open', 'FORCED_OPEN'],
    ['engine', 'SLIDING_WINDOW', 'sliding-window'],
    ['engine', 'opossum', 'opossum'],
    ['waitDurationInOpenState', '2500', 2_500],
    ['waitDurationInOpenState', '"1m"', 60_000],
    ['rampUpSteps', '[10, "25", 50]', [10, 25, 50]],
    ['rampUpSteps', '10, 25,50', [10, 25, 50]],
    ['rampUpSteps', '"10,, 25,"', [10, 25]],
    ['recordExceptions', '" RangeError "', [RangeError]],
    ['ramp-up-step-duration', '20s', 20_000, 'rampUpStepDuration'],
    ['combinedRateThreshold', '60', 60],
    ['waitJitterFactor', '0.2', 0.2],
    ['healthProbeInterval', '2s', 2_000],
    ['healthProbeTimeout', '500ms', 500],
    ['slowCallsInFlightEnabled', 'true', true],
    ['abortCallsOnOpen', 'true', true],
  ])('are accepted: %s: %s', (option, written, value, known = option) => {
    expect(instance('customer', `resilience4j.circuitbreaker.instances.customer.${option}: ${written}`)).toStrictEqual({
      [known]: value,
    });
  });

  it('may contain placeholders', () => {
    const text = `resilience4j.circuitbreaker.instances.customer:
      slidingWindowSize: \${SIZE}
      waitDurationInOpenState: \${WAIT:3s}
      recordExceptions: ["\${ERROR:RangeError}", TypeError]`;

    expect(instance('customer', text, { env: { SIZE: '20' } })).toStrictEqual({
      slidingWindowSize: 20,
      waitDurationInOpenState: 3_000,
      recordExceptions: [RangeError, TypeError],
    });
  });

  it.each([
    ['slidingWindowSize: .inf', 'Infinity'],
    ['slidingWindowSize: .nan', 'NaN'],
    ['slidingWindowSize: true', 'true'],
    ['waitDurationInOpenState: [1, a]', '[1,"a"]'],
  ])('are written as they are where they cannot be used: %s', (setting, given) => {
    expect(faultsOf(`resilience4j.circuitbreaker.instances.customer: { ${setting} }`)).toMatchObject([{ given }]);
  });

  it.each(['""', '" "'])('of numbers are not 0 if they are the text %s', (written) => {
    expect(faultsOf(`resilience4j.bulkhead.instances.a.maxConcurrentCalls: ${written}`)).toHaveLength(1);
  });

  it('of text may have spaces around them', () => {
    const { retry } = configOf('resilience4j.retry.instances.a.retryBudget: " shared "');

    expect(retry.instances).toStrictEqual({ a: { retryBudget: 'shared' } });
  });

  it('without a value are ignored with a warning', () => {
    const { circuitBreaker, warnings } = configOf(
      'resilience4j.circuitbreaker.instances.customer: { slidingWindowSize: }',
    );

    expect(circuitBreaker.instances).toStrictEqual({ customer: {} });
    expect(warnings[0]).toContain('customer.slidingWindowSize (it has no value)');
  });

  it('that are undefined in a document of code are ignored with a warning', () => {
    const documents = [{ 'resilience4j.retry.instances.a.maxAttempts': undefined }];

    expect(resilienceConfig([{ label: 'code', documents }], { env: {} }).warnings[0]).toContain(
      'code: resilience4j.retry.instances.a.maxAttempts (it has no value)',
    );
  });
});

describe('predicates in files', () => {
  const predicates = {
    'com.acme.RecordFailurePredicate': () => true,
    IgnorePredicate: () => false,
    ResultPredicate: () => false,
  };

  it("are looked up in the application's table", () => {
    const text = `resilience4j.circuitbreaker.instances.customer:
      recordFailurePredicate: com.acme.RecordFailurePredicate
      ignore-exception-predicate: " com.acme.IgnorePredicate "
      record-result-predicate: ResultPredicate`;

    expect(instance('customer', text, { predicates })).toStrictEqual({
      recordException: predicates['com.acme.RecordFailurePredicate'],
      ignoreException: predicates.IgnorePredicate,
      recordResult: predicates.ResultPredicate,
    });
  });

  it('are faults if they are not registered', () => {
    const text = 'resilience4j.circuitbreaker.instances.customer.recordResultPredicate: Unknown';

    expect(faultsOf(text)).toMatchObject([{ allowed: 'a name registered in predicates, which is empty' }]);
    expect(faultsOf(text, { predicates })).toMatchObject([
      {
        given: "'Unknown', which is not registered",
        allowed: 'a name registered in predicates: com.acme.RecordFailurePredicate, IgnorePredicate, ResultPredicate',
      },
    ]);
  });
});

describe('several files', () => {
  const below = `resilience4j.circuitbreaker:
    configs.default: { slidingWindowSize: 10, failureRateThreshold: 60 }
    instances.customer: { slidingWindowSize: 20, recordExceptions: [RangeError, TypeError] }`;
  const above = `resilience4j.circuitbreaker:
    configs.default.failure-rate-threshold: 70
    instances.customer.record-exceptions: SyntaxError
    instances.stock: {}`;

  it('override each other key by key', () => {
    expect(configOf([below, above]).circuitBreaker).toStrictEqual({
      configs: { default: { slidingWindowSize: 10, failureRateThreshold: 70 } },
      instances: { customer: { slidingWindowSize: 20, recordExceptions: [SyntaxError] }, stock: {} },
    });
  });

  it('apply the documents of active profiles, with a warning for the others', () => {
    const profiles = `resilience4j.circuitbreaker.instances.customer.slidingWindowSize: 10
---
spring.config.activate.on-profile: prod
resilience4j.circuitbreaker.instances.customer.slidingWindowSize: 20
---
spring: { profiles: "test, staging" }
resilience4j.circuitbreaker.instances.customer.slidingWindowSize: 30`;

    expect(instance('customer', profiles)).toStrictEqual({ slidingWindowSize: 10 });
    expect(instance('customer', profiles, { env: { SPRING_PROFILES_ACTIVE: 'eu, prod' } })).toStrictEqual({
      slidingWindowSize: 20,
    });
    expect(instance('customer', profiles, { env: { SPRING_PROFILES_ACTIVE: 'staging' } })).toStrictEqual({
      slidingWindowSize: 30,
    });
    expect(configOf(profiles).warnings[0]).toContain('a.yml: the document for the profile prod');
  });

  it('produce a warning only for those of them without relevant keys', () => {
    const files = ['resilience4j.retry.instances.a: {}', 'server.port: 80', 'resilience4j.retry.instances.b: {}'];

    expect(configOf(files).warnings).toStrictEqual([
      'Parts of the resilience configuration have no effect here:\n' +
        '  - b.yml: it contains nothing below resilience4j',
    ]);
  });

  it('produce a warning for a file without relevant keys', () => {
    expect(configOf('server.port: 80').warnings[0]).toContain('a.yml: it contains nothing below resilience4j');
  });
});

describe('definitions in code', () => {
  const circuitBreaker = {
    configs: { default: { slidingWindowSize: 10, waitDurationInOpenState: '4s' } },
    instances: { customer: { minimumNumberOfCalls: 3, recordException: () => true } },
  };

  it('apply unless a file overrides them', () => {
    const text = 'resilience4j.circuitbreaker.configs.default.slidingWindowSize: 20';

    expect(configOf(text, { circuitBreaker }).circuitBreaker).toMatchObject({
      configs: { default: { slidingWindowSize: 20 } },
      instances: circuitBreaker.instances,
    });
    expect(resolved('customer', text, { circuitBreaker })).toMatchObject({ waitDurationInOpenState: 4_000 });
  });

  it('are dropped if an option in a file replaces them', () => {
    const text = 'resilience4j.circuitbreaker.instances.customer.recordExceptions: TypeError';

    expect(instance('customer', text, { circuitBreaker })).toStrictEqual({
      minimumNumberOfCalls: 3,
      recordExceptions: [TypeError],
    });
  });

  it('can contain the initial wait of a back-off in a file', () => {
    const text = 'resilience4j.circuitbreaker.instances.customer.enableExponentialBackoff: true';
    const { waitIntervalFunctionInOpenState: wait } = resolved('customer', text, { circuitBreaker });

    expect([1, 2, 3].map((attempt) => wait?.(attempt))).toStrictEqual([4_000, 6_000, 9_000]);
  });

  it('can contain a wait function, which a wait in a file replaces', () => {
    const inCode = { instances: { customer: { waitIntervalFunctionInOpenState: () => 1 } } };
    const setting = (text: string) =>
      instance('customer', `resilience4j.circuitbreaker.instances.customer.${text}`, { circuitBreaker: inCode });

    expect(setting('slidingWindowSize: 5')).toMatchObject(inCode.instances.customer);
    expect(setting('waitDurationInOpenState: 5s')).toStrictEqual({ waitDurationInOpenState: 5_000 });
    expect(setting('enableExponentialBackoff: true').waitIntervalFunctionInOpenState?.(1)).toBe(60_000);
  });
});

describe('environment variables', () => {
  const text = `resilience4j.circuitbreaker:
    configs.default.slidingWindowSize: 10
    instances: { customer: { slidingWindowSize: 10 }, customer-v2: {}, orderService: {} }`;
  const definitions = (env: Record<string, string>, context: ResilienceConfigContext = {}) =>
    configOf(text, { ...context, env }).circuitBreaker;
  const prefix = 'RESILIENCE4J_CIRCUITBREAKER';

  it.each([
    [`${prefix}_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE`, 'customer'],
    [`${prefix}_INSTANCES_CUSTOMER_SLIDING_WINDOW_SIZE`, 'customer'],
    [`${prefix}_BACKENDS_CUSTOMER_SLIDINGWINDOWSIZE`, 'customer'],
    ['RESILIENCE4J_CIRCUIT_BREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE', 'customer'],
    [`${prefix}_INSTANCES_CUSTOMER_V2_SLIDINGWINDOWSIZE`, 'customer-v2'],
    [`${prefix}_INSTANCES_CUSTOMERV2_SLIDINGWINDOWSIZE`, 'customer-v2'],
    [`${prefix}_INSTANCES_ORDERSERVICE_SLIDINGWINDOWSIZE`, 'orderService'],
    [`${prefix}_INSTANCES_ORDER_SERVICE_SLIDING_WINDOW_SIZE`, 'orderService'],
    [`${prefix}_INSTANCES_STOCK_SLIDINGWINDOWSIZE`, 'stock'],
  ])('%s sets an option of %s', (variable, name) => {
    expect(definitions({ [variable]: '20' }).instances?.[name]).toStrictEqual({ slidingWindowSize: 20 });
  });

  it('override named configurations', () => {
    expect(definitions({ [`${prefix}_CONFIGS_DEFAULT_SLIDINGWINDOWSIZE`]: '30' }).configs).toStrictEqual({
      default: { slidingWindowSize: 30 },
    });
  });

  it('match names that only code defines', () => {
    const env = { [`${prefix}_INSTANCES_MAIL_SENDER_BASE_CONFIG`]: 'default' };

    expect(definitions(env, { namesInCode: { circuitBreaker: ['mail-sender'] } }).instances).toMatchObject({
      'mail-sender': { baseConfig: 'default' },
    });
    expect(definitions(env).instances).toMatchObject({ mail_sender: { baseConfig: 'default' } });
  });

  it('with an unknown option are faults with a suggestion', () => {
    const env = { [`${prefix}_INSTANCES_CUSTOMER_V2_SLIDINGWINDWSIZE`]: '20', [`${prefix}_INSTANCES_X_COLOUR`]: 'red' };

    expect(faultsOf(text, { env })).toMatchObject([
      {
        option: `${prefix}_INSTANCES_CUSTOMER_V2_SLIDINGWINDWSIZE`,
        given: 'not known',
        allowed: `${prefix}_INSTANCES_CUSTOMER_V2_SLIDINGWINDOWSIZE, if that is what you meant`,
      },
      { option: `${prefix}_INSTANCES_X_COLOUR`, allowed: expect.stringContaining('slidingWindowType') },
    ]);
  });

  it('with an unusable value are faults', () => {
    const env = { [`${prefix}_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE`]: 'many' };

    expect(faultsOf(text, { env })).toStrictEqual([
      {
        option: `${prefix}_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE`,
        given: "'many'",
        allowed: 'a whole number from 1 to 10000000',
      },
    ]);
  });

  it('of mistyped sections and groups are faults', () => {
    const env = { RESILIENCE4J_CIRCUITBRAKER_INSTANCES_A_B: '1', [`${prefix}_INSTANCE_A_BASECONFIG`]: '1' };

    expect(faultsOf(text, { env }).map(({ allowed }) => allowed)).toStrictEqual([
      'CIRCUITBREAKER, if that is what you meant',
      'INSTANCES, if that is what you meant',
    ]);
  });

  it('without effect produce a warning', () => {
    const env = {
      RESILIENCE4J_SCHEDULED_EXECUTOR_COREPOOLSIZE: '1',
      [`${prefix}_INSTANCES_CUSTOMER_SLIDINGWINDOWSYNCHRONIZATIONSTRATEGY`]: 'LOCK_FREE',
      RESILIENCE4J_SERVICE_HOST: '10.0.0.1',
    };
    const [warning] = configOf(text, { env }).warnings;

    for (const variable of Object.keys(env)) expect(warning).toContain(variable);
  });

  it('without a name or an option are faults', () => {
    expect(faultsOf(text, { env: { [`${prefix}_INSTANCES_CUSTOMER`]: '1' } })).toMatchObject([
      { given: 'without an option' },
    ]);
  });
});

describe('faults', () => {
  it('are reported together, each with file and key', () => {
    const first = `resilience4j.circuitbreaker:
      configs:
        default:
          failure-rate-threshold: 101
          sliding-windw-size: 10
      instances:
        customer:
          baseConfig: defalt
          slidingWindowType: SOMETIMES
          recordExceptions: [IOException, RangeError]
          waitDurationInOpenState: \${WAIT}
          healthProbe: ask
          slidingWindowSize: 10
          sliding-window-size: 20`;
    const second = `resilience4j:
      circuitbraker.instances.a.slidingWindowSize: 1
      circuitbreaker: { instanzes.a.slidingWindowSize: 1, configs: text }`;
    const root = 'a.yml: resilience4j.circuitbreaker';

    expect(faultsOf([first, second])).toStrictEqual([
      {
        option: `${root}.configs.default.failure-rate-threshold`,
        given: '101',
        allowed: 'a percentage above 0 and at most 100',
      },
      {
        option: `${root}.configs.default.sliding-windw-size`,
        given: 'not known',
        allowed: 'sliding-window-size, if that is what you meant',
      },
      {
        option: `${root}.instances.customer.slidingWindowType`,
        given: "'SOMETIMES'",
        allowed: 'one of COUNT_BASED, TIME_BASED',
      },
      {
        option: `${root}.instances.customer.recordExceptions`,
        given: "'IOException', which is not registered",
        allowed: expect.stringMatching(/^a name registered in errorTypes: Error, .*RangeError/),
      },
      {
        option: `${root}.instances.customer.waitDurationInOpenState`,
        given: "'${WAIT}', where WAIT has no value",
        allowed: 'a placeholder with a default, ${WAIT:…}, or one with a value in the environment or in a file',
      },
      {
        option: `${root}.instances.customer.healthProbe`,
        given: "'ask'",
        allowed: 'nothing in a file, since only code can give a function',
      },
      {
        option: `${root}.instances.customer.sliding-window-size`,
        given: 'set a second time',
        allowed: `one of the two; the other is ${root}.instances.customer.slidingWindowSize`,
      },
      {
        option: 'b.yml: resilience4j.circuitbraker',
        given: 'not known',
        allowed: 'circuitbreaker, if that is what you meant',
      },
      {
        option: 'b.yml: resilience4j.circuitbreaker.instanzes',
        given: 'not known',
        allowed: 'instances, if that is what you meant',
      },
      { option: 'b.yml: resilience4j.circuitbreaker.configs', given: "'text'", allowed: 'names below it' },
      {
        option: `${root}.instances.customer.baseConfig`,
        given: "'defalt'",
        allowed: 'default, if that is what you meant',
      },
    ]);
  });

  it('do not include unknown keys without a similar known key, which produce a warning', () => {
    const { warnings } = configOf(
      'resilience4j.circuitbreaker.instances.customer: { colour: red, nested: { colour: red } }',
    );

    expect(warnings[0]).toContain('instances.customer.colour\n');
    expect(warnings[0]).toContain('instances.customer.nested.colour');
  });

  it('include values in place of maps', () => {
    expect(faultsOf('resilience4j.circuitbreaker: 1')).toMatchObject([{ given: '1' }]);
    expect(faultsOf('resilience4j.circuitbreaker.instances: [customer]')).toMatchObject([{ given: '["customer"]' }]);
    expect(faultsOf('resilience4j.circuitbreaker.instances.customer: 1')).toMatchObject([
      { allowed: 'options below it' },
    ]);
  });

  it('include base configurations that form a circle or do not exist', () => {
    const circle = `resilience4j.circuitbreaker:
      configs: { a: { baseConfig: b }, b: { baseConfig: a } }
      instances: { customer: { baseConfig: a } }`;

    expect(faultsOf(circle).map(({ given, allowed }) => [given, allowed])).toStrictEqual([
      ["'a', in a circle (a → b → a)", 'a chain that ends'],
      ["'b', in a circle (b → a → b)", 'a chain that ends'],
    ]);
    expect(
      faultsOf(`resilience4j.retry: { configs: { alpha: {}, beta: {} }, instances.a.baseConfig: none }`),
    ).toMatchObject([{ given: "'none'", allowed: 'alpha, beta' }]);
    expect(faultsOf('resilience4j.circuitbreaker.instances.a.baseConfig: none')).toMatchObject([
      { allowed: 'the name of a configuration in configs, which is empty' },
    ]);
  });
});
