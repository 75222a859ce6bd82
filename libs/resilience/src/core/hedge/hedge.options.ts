import type { Duration } from '../duration.ts';
import type { OptionFault } from '../errors.ts';
import {
  duration,
  mergeOptions,
  type OptionRules,
  optional,
  optionalText,
  percentage,
  replacing,
  resolveOptions,
  wholeNumber,
} from '../options.ts';

/** The options of a hedge. Each may be left out. */
export interface HedgeOptions {
  /** How long an attempt may stay unanswered before another is made. At least 0; 2 s by default. Not with `delayPercentile`. */
  readonly delay?: Duration;
  /**
   * The same, as a percentile of recent latencies: with 95, about one call in twenty is hedged. Percent, above 0 and at
   * most 100. Until `minimumNumberOfCalls` latencies are known no call is hedged.
   */
  readonly delayPercentile?: number;
  /** How many latencies must be known before `delayPercentile` says anything. At least 1; 100 by default. */
  readonly minimumNumberOfCalls?: number;
  /** `delayPercentile` is of the last this many latencies, up to twice as many. At least 1; 1000 by default. */
  readonly slidingWindowSize?: number;
  /** How many attempts may be made beside the first. At least 0, which hedges no call; 1 by default. */
  readonly maxHedgedAttempts?: number;
  /** The name of the retry budget that hedged attempts are drawn from, shared with whatever names it. None by default. */
  readonly retryBudget?: string;
  /** How many of the last events `bufferedEvents` keeps. 0, the default, keeps none; `ResilienceModule` keeps 100. */
  readonly eventConsumerBufferSize?: number;
}

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export interface HedgeConfig {
  /** Not set when `delayPercentile` is. */
  readonly delay: number | undefined;
  readonly delayPercentile: number | undefined;
  readonly minimumNumberOfCalls: number;
  readonly slidingWindowSize: number;
  readonly maxHedgedAttempts: number;
  readonly retryBudget: string | undefined;
  readonly eventConsumerBufferSize: number;
}

const defaultDelayMs = 2_000;

/** One source for names, defaults and limits: the resolver, the configuration files and the documentation read it. */
export const hedgeOptionRules: OptionRules<HedgeConfig> = {
  delay: replacing(optional(duration(defaultDelayMs, { min: 0 })), ['delayPercentile']),
  delayPercentile: replacing(optional(percentage(95)), ['delay']),
  minimumNumberOfCalls: wholeNumber(100, { min: 1 }),
  slidingWindowSize: wholeNumber(1_000, { min: 1 }),
  maxHedgedAttempts: wholeNumber(1, { min: 0 }),
  retryBudget: optionalText('the name of a retry budget'),
  eventConsumerBufferSize: wholeNumber(0, { min: 0 }),
};

/**
 * Copies, defaults, checks as a whole and freezes.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError listing every fault
 */
export function resolveHedgeOptions(subject: string, options: HedgeOptions): HedgeConfig {
  const resolved = resolveOptions(subject, hedgeOptionRules, options, contradictions);
  if (resolved.delayPercentile !== undefined || resolved.delay !== undefined) return resolved;
  return Object.freeze({ ...resolved, delay: defaultDelayMs });
}

/** `override` on top of `base`, both as given: what is set wins, and takes away what cannot hold beside it. */
export function mergeHedgeOptions(base: HedgeOptions, override: HedgeOptions): HedgeOptions {
  return mergeOptions(hedgeOptionRules, base, override);
}

function contradictions(config: HedgeConfig, isGiven: (option: keyof HedgeConfig) => boolean): readonly OptionFault[] {
  const faults: OptionFault[] = [];
  if (isGiven('delay') && isGiven('delayPercentile')) {
    const allowed = 'only one of the two, since each says when to hedge';
    faults.push({ option: 'delayPercentile', given: 'set beside delay', allowed });
  }
  const { delayPercentile, minimumNumberOfCalls, slidingWindowSize } = config;
  if (delayPercentile !== undefined && minimumNumberOfCalls > slidingWindowSize) {
    const allowed = `at most slidingWindowSize, which is ${slidingWindowSize}`;
    faults.push({ option: 'minimumNumberOfCalls', given: String(minimumNumberOfCalls), allowed });
  }
  return faults;
}
