import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { InvalidOptionsError } from '../core/errors.ts';
import { resilienceConfig, type ResilienceConfigContext } from './resilience-config.ts';

function pipelinesIn(texts: string | readonly string[], context: ResilienceConfigContext = {}) {
  const files = [texts].flat().map((text, at) => ({
    label: `${'ab'[at]}.yml`,
    documents: [{ resilience4j: parse(text) as unknown }],
  }));
  return resilienceConfig(files, { env: {}, ...context }).pipelines;
}

function faultsOf(...sources: Parameters<typeof pipelinesIn>) {
  try {
    pipelinesIn(...sources);
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error.faults;
    throw error;
  }
  return [];
}

describe('pipelines', () => {
  it.each([
    'pipelines: { customer: [retry, circuitBreaker, timeLimiter] }',
    'pipelines.customer: [Retry, circuit-breaker, timelimiter]',
    'pipelines.customer: retry, circuitBreaker, time_limiter',
    'pipelines.customer: ["${FIRST:retry}", "circuitBreaker", "timeLimiter"]',
  ])('are lists of policies, outermost first: %s', (text) => {
    expect(pipelinesIn(text)).toStrictEqual({ customer: ['retry', 'circuitBreaker', 'timeLimiter'] });
  });

  it('without a list contain the policies with an instance of their name, in the default order', () => {
    const text = `
      bulkhead.instances: { customer: {}, stock: {} }
      retry.instances.customer: {}
      # A shared configuration is no instance: the pipeline has no circuit breaker.
      circuitbreaker.configs.customer: {}
      pipelines: { customer: }`;
    const timeLimiter = { instances: { customer: {} } };

    expect(pipelinesIn(text, { timeLimiter })).toStrictEqual({ customer: ['retry', 'timeLimiter', 'bulkhead'] });
  });

  it('are replaced as a whole: files over code, a later file over an earlier one, the environment over all', () => {
    const pipelines = { customer: ['bulkhead'], stock: ['retry'], mail: ['hedge'] } as const;
    const files = ['pipelines.customer: [retry]', 'pipelines.customer: [timeLimiter]'];
    const env = { RESILIENCE4J_PIPELINES_MAIL: 'retry,circuitbreaker', RESILIENCE4J_PIPELINES_NEW_ONE: 'retry' };

    expect(pipelinesIn(files, { pipelines, env })).toStrictEqual({
      customer: ['timeLimiter'],
      stock: ['retry'],
      mail: ['retry', 'circuitBreaker'],
      new_one: ['retry'],
    });
  });

  it('can share instances that have another name', () => {
    const text = `
      circuitbreaker.instances.customer: {}
      pipelines.batch: ["circuit-breaker:customer", bulkhead, "bulkhead:batch-calls"]
      bulkhead.instances.batch-calls: {}`;
    const env = { RESILIENCE4J_PIPELINES_MAIL: 'circuitbreaker:customer,retry:mail' };
    const retry = { instances: { mail: {} } };

    expect(pipelinesIn(text, { env, retry })).toStrictEqual({
      batch: ['circuitBreaker:customer', 'bulkhead', 'bulkhead:batch-calls'],
      // 'retry:mail' in the pipeline mail: a policy uses the instance with the name of its pipeline by default.
      mail: ['circuitBreaker:customer', 'retry'],
    });
  });

  it('may have a number as their name, in files and variables', () => {
    const env = { RESILIENCE4J_PIPELINES_8: 'retry', RESILIENCE4J_PIPELINES_STOCK_V1: 'retry' };

    expect(pipelinesIn('pipelines: { 7: [retry], "[8th]": [bulkhead] }', { env })).toStrictEqual({
      '7': ['retry'],
      '8': ['retry'],
      '8th': ['bulkhead'],
      stock_v1: ['retry'],
    });
  });

  it('may have a name that ends with a number, which is no index then', () => {
    const env = { RESILIENCE4J_PIPELINES_MAIL_1: 'retry', RESILIENCE4J_PIPELINES_STOCK_2ND: 'retry' };

    expect(pipelinesIn('pipelines: { mail-1: [bulkhead] }', { env })).toStrictEqual({
      'mail-1': ['retry'],
      stock_2nd: ['retry'],
    });
    expect(faultsOf('pipelines: { mail-1: [bulkhead], mail: [bulkhead] }', { env })).toMatchObject([
      { given: 'ambiguous, since it means mail-1 or mail.1' },
    ]);
  });

  it('may be left out below their section', () => {
    expect(pipelinesIn('pipelines:')).toStrictEqual({});
  });

  it('reject a variable without a name', () => {
    expect(faultsOf('{}', { env: { RESILIENCE4J_PIPELINES: 'retry' } })).toStrictEqual([
      {
        option: 'RESILIENCE4J_PIPELINES',
        given: "'retry'",
        allowed: 'names below pipelines, and a list of policies for each',
      },
    ]);
  });

  it('reject an instance whose name resembles none, with the defined ones', () => {
    const text = `
      circuitbreaker.instances: { customer: {}, stock: {} }
      pipelines.batch: ["circuitBreaker:a:b"]`;

    expect(faultsOf(text)).toMatchObject([
      {
        given: "'circuitBreaker:a:b', which is not defined",
        allowed: 'an instance of circuitBreaker: customer, stock',
      },
    ]);
  });

  it('reject an undefined instance and a repeated one', () => {
    const text = `
      circuitbreaker.instances.customer: {}
      pipelines:
        batch: ["circuitBreaker:custmer", "bulkhead:customer", "bulkhead", "bulkhead:batch"]`;

    expect(faultsOf(text).map(({ given, allowed }) => [given, allowed])).toStrictEqual([
      ["'circuitBreaker:custmer', which is not defined", 'customer, if that is what you meant'],
      ["'bulkhead:customer', which is not defined", 'bulkhead alone: it has no instances'],
      ['bulkhead twice', 'each policy once'],
    ]);
  });

  it('are set by environment variables with the name that code uses', () => {
    const env = { RESILIENCE4J_PIPELINES_CUSTOMER_API: 'retry' };

    expect(pipelinesIn('{}', { env, namesInCode: { pipeline: ['customer-api'] } })).toStrictEqual({
      'customer-api': ['retry'],
    });
  });

  it.each([
    {
      fault: 'an unknown policy',
      text: 'pipelines.a: [retri, retry]',
      expected: ['a.yml: resilience4j.pipelines.a', "'retri', which is no policy", 'retry, if that is what you meant'],
    },
    {
      fault: 'an unknown policy that resembles none',
      text: 'pipelines.a: [colour]',
      expected: [
        'a.yml: resilience4j.pipelines.a',
        "'colour', which is no policy",
        expect.stringMatching(/^fallback, .*retry, circuitBreaker, .*; or standard alone$/),
      ],
    },
    {
      fault: 'a repeated policy',
      text: 'pipelines.a: [retry, retry]',
      expected: ['a.yml: resilience4j.pipelines.a', 'retry twice', 'each policy once'],
    },
    {
      fault: 'a name without a list that no instance has',
      text: 'pipelines: { b: }',
      expected: [
        'a.yml: resilience4j.pipelines.b',
        'a name alone',
        expect.stringMatching(
          /^a list of fallback, .*retry, circuitBreaker, .*, or at least one instance called 'b' among them$/,
        ),
      ],
    },
    {
      fault: 'a mapping in place of a list',
      text: 'pipelines.c: { retry: true }',
      expected: [
        'a.yml: resilience4j.pipelines.c.retry',
        'true',
        'names below pipelines, and a list of policies for each',
      ],
    },
    {
      fault: 'a placeholder without a value',
      text: 'pipelines.e: "${NONE}"',
      expected: ['a.yml: resilience4j.pipelines.e', "'${NONE}', where NONE has no value", expect.any(String)],
    },
  ])('report $fault with file and key', ({ text, expected }) => {
    expect(faultsOf(text).map(({ option, given, allowed }) => [option, given, allowed])).toStrictEqual([expected]);
  });

  it('report an unknown policy in code with the key in the application', () => {
    const pipelines = { f: ['retryBudget' as 'retry'] };

    expect(faultsOf('{}', { pipelines }).map(({ option, given, allowed }) => [option, given, allowed])).toStrictEqual([
      [
        "pipelines.f in the application's code",
        "'retryBudget', which is no policy",
        expect.stringContaining('fallback, '),
      ],
    ]);
  });

  it('report the faults of all pipelines, in files and code, at once', () => {
    const text = 'pipelines: { a: [retri, retry, retry], c: { retry: true } }';
    const pipelines = { f: ['retryBudget' as 'retry'] };

    expect(
      faultsOf(text, { pipelines })
        .map(({ option, given }) => `${option}: ${given}`)
        .toSorted(),
    ).toStrictEqual([
      "a.yml: resilience4j.pipelines.a: 'retri', which is no policy",
      'a.yml: resilience4j.pipelines.a: retry twice',
      'a.yml: resilience4j.pipelines.c.retry: true',
      "pipelines.f in the application's code: 'retryBudget', which is no policy",
    ]);
  });

  it('report a mistyped section with a suggestion', () => {
    expect(faultsOf('pipeline.customer: [retry]')).toMatchObject([{ allowed: 'pipelines, if that is what you meant' }]);
  });
});
