import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PatternFormat } from '../../libs/resilience/src/config/pattern-format.ts';
import { patternFormats } from '../../libs/resilience/src/config/pattern-formats.ts';
import type { PatternName } from '../../libs/resilience/src/config/patterns.ts';
import { resolveAdaptiveConcurrencyLimiterOptions } from '../../libs/resilience/src/core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.options.ts';
import { resolveBulkheadOptions } from '../../libs/resilience/src/core/bulkhead/bulkhead.options.ts';
import { resolveCachedFallbackOptions } from '../../libs/resilience/src/core/cached-fallback/cached-fallback.options.ts';
import { resolveCircuitBreakerOptions } from '../../libs/resilience/src/core/circuit-breaker/circuit-breaker.options.ts';
import { resolveFallbackOptions } from '../../libs/resilience/src/core/fallback/fallback.options.ts';
import { resolveHedgeOptions } from '../../libs/resilience/src/core/hedge/hedge.options.ts';
import type { OptionRule } from '../../libs/resilience/src/core/options.ts';
import { resolveRateLimiterOptions } from '../../libs/resilience/src/core/rate-limiter/rate-limiter.options.ts';
import { resolveRetryBudgetOptions } from '../../libs/resilience/src/core/retry/retry-budget.options.ts';
import { resolveRetryOptions } from '../../libs/resilience/src/core/retry/retry.options.ts';
import { resolveTimeLimiterOptions } from '../../libs/resilience/src/core/time-limiter/time-limiter.options.ts';
import { backoffDefaults } from './backoff-defaults.ts';
import { type Docstring, docstringOf, docstringsIn } from './docstrings.ts';
import { workspaceRoot } from './markdown.ts';

/** One option as the code has it. */
export interface ReferencedOption {
  readonly name: string;
  readonly rule: OptionRule<unknown>;
  /** What it comes to when nothing is given; `undefined` when nothing holds then. */
  readonly defaultValue: unknown;
  /** Its docstring. */
  readonly meaning: string;
  /** Whether only configuration files and the environment have it, and code says it in another way. */
  readonly isOfFilesAlone: boolean;
  /** Whether Resilience4j has nothing like it, though it has the policy. */
  readonly isBeyond: boolean;
}

/** A policy as the code has it. */
export interface ReferencedPolicy {
  readonly pattern: PatternName;
  /** What its options are called in code. */
  readonly optionsType: string;
  readonly title: string;
  readonly summary: string;
  readonly format: PatternFormat;
  readonly options: readonly ReferencedOption[];
}

interface Source {
  readonly pattern: PatternName;
  readonly title: string;
  /** Below `core`, without its ending. */
  readonly file: string;
  readonly resolve: (subject: string, options: object) => object;
}

const sources: readonly Source[] = [
  {
    pattern: 'circuitBreaker',
    title: 'Circuit breaker',
    file: 'circuit-breaker/circuit-breaker',
    resolve: resolveCircuitBreakerOptions,
  },
  { pattern: 'retry', title: 'Retry', file: 'retry/retry', resolve: resolveRetryOptions },
  { pattern: 'retryBudget', title: 'Retry budget', file: 'retry/retry-budget', resolve: resolveRetryBudgetOptions },
  {
    pattern: 'timeLimiter',
    title: 'Time limiter',
    file: 'time-limiter/time-limiter',
    resolve: resolveTimeLimiterOptions,
  },
  { pattern: 'bulkhead', title: 'Bulkhead', file: 'bulkhead/bulkhead', resolve: resolveBulkheadOptions },
  {
    pattern: 'rateLimiter',
    title: 'Rate limiter',
    file: 'rate-limiter/rate-limiter',
    resolve: resolveRateLimiterOptions,
  },
  {
    pattern: 'adaptiveConcurrencyLimiter',
    title: 'Adaptive concurrency limiter',
    file: 'adaptive-concurrency-limiter/adaptive-concurrency-limiter',
    resolve: resolveAdaptiveConcurrencyLimiterOptions,
  },
  { pattern: 'hedge', title: 'Hedge', file: 'hedge/hedge', resolve: resolveHedgeOptions },
  { pattern: 'fallback', title: 'Fallback', file: 'fallback/fallback', resolve: resolveFallbackOptions },
  {
    pattern: 'cachedFallback',
    title: 'Cached fallback',
    file: 'cached-fallback/cached-fallback',
    resolve: resolveCachedFallbackOptions,
  },
];

/** The interfaces that hold what goes beyond Resilience4j in a policy that it has, and what only files have. */
const beyondResilience4j = 'RecoveryOptions';
const ofFilesAlone = ['HealthExtras', 'BackoffProperties', 'MaxWaitProperties'];

/** Every policy with all of its options. */
export function referencedPolicies(): readonly ReferencedPolicy[] {
  const formats = patternFormats(() => 0.5);
  const ofFiles = ['health-extras', 'backoff'].flatMap((file) => docstringsOf(`config/${file}.ts`));
  return sources.map(({ pattern, title, file, resolve }) => {
    const optionsType = `${pattern.charAt(0).toUpperCase()}${pattern.slice(1)}Options`;
    const ofOptions = docstringsOf(`core/${file}.options.ts`);
    const format = formats[pattern];
    const defaults: Readonly<Record<string, unknown>> = {
      ...backoffDefaults(pattern, format.section),
      ...resolve(title, {}),
    };
    const options = Object.entries(format.rules).map(([name, rule]): ReferencedOption => {
      const found =
        memberDocstring(name, [optionsType, beyondResilience4j], ofOptions) ??
        memberDocstring(name, ofFilesAlone, ofFiles);
      if (found === undefined) throw new Error(`Nothing is said of ${optionsType}.${name}.`);
      const { owner = '', text } = found;
      return {
        name,
        rule,
        defaultValue: name in defaults ? defaults[name] : rule.defaultValue,
        meaning: text,
        isOfFilesAlone: ofFilesAlone.includes(owner),
        isBeyond: owner === beyondResilience4j,
      };
    });
    const summary = docstringOf(optionsType, ofOptions) ?? '';
    return { pattern, optionsType, title, summary, format, options };
  });
}

function memberDocstring(
  name: string,
  owners: readonly string[],
  docstrings: readonly Docstring[],
): Docstring | undefined {
  return docstrings.find((found) => found.name === name && owners.includes(found.owner ?? ''));
}

function docstringsOf(file: string): readonly Docstring[] {
  const path = join(workspaceRoot, 'libs/resilience/src', file);
  return docstringsIn(path, readFileSync(path, 'utf8'));
}
