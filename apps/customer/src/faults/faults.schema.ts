import { duration, formatDuration } from '@breakwater/service-kit';
import { z } from 'zod';
import { percentilePoints, type Percentile } from './latency-distribution.ts';
import { textOrObject } from './text-or-object.ts';

/** Longer than this would be of no use to anybody: five minutes. */
export const maxLatencyMs = 300_000;

const maxErrors = 20;
const maxWorkers = 10_000;
const maxQueue = 100_000;
/** Rates such as 0.1 and 0.2 don't add up exactly. */
const roundingError = 1e-9;

const latencyMs = () => duration({ max: maxLatencyMs });

const rate = () => {
  const error = 'must be a number from 0 to 1';
  return z.number({ error }).min(0, { error }).max(1, { error }).describe('The share of requests that it hits.');
};

const whole = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

/** An object without unknown fields. What isn't one is told what it should look like. */
const objectLike = <Shape extends z.ZodRawShape>(example: string, shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code }) => (code === 'invalid_type' ? `must be an object such as ${example}` : undefined),
  });

const percentiles = objectLike('{"p50":"20ms","p99":"1s","max":"3s"}', {
  min: latencyMs().optional(),
  p50: latencyMs(),
  p75: latencyMs().optional(),
  p90: latencyMs().optional(),
  p95: latencyMs().optional(),
  p99: latencyMs().optional(),
  p999: latencyMs().optional(),
  max: latencyMs(),
})
  .superRefine((given, context) => {
    let before: { name: Percentile; ms: number } = { name: 'min', ms: 0 };
    for (const name of Object.keys(percentilePoints) as Percentile[]) {
      const ms = given[name];
      if (ms === undefined) continue;
      if (ms < before.ms) {
        const message = `must be at least ${before.name}, which is ${formatDuration(before.ms)}`;
        context.addIssue({ code: 'custom', path: [name], message });
      }
      before = { name, ms };
    }
  })
  .describe('A distribution by its percentiles; between two of them it is a straight line, and min is 0 unless given.');

const injectedError = objectLike('{"status":503,"rate":0.5}', {
  status: whole(400, 599).describe('The HTTP status to answer with.'),
  rate: rate(),
  retryAfter: duration()
    .optional()
    .describe('What Retry-After says, rounded up to whole seconds; for the statuses 429 and 503.'),
}).superRefine(({ status, retryAfter }, context) => {
  if (retryAfter === undefined || status === 429 || status === 503) return;
  const message = 'must be left out unless status is 429 or 503';
  context.addIssue({ code: 'custom', path: ['retryAfter'], message });
});

const errors = z
  .array(injectedError, { error: 'must be a list such as [{"status":503,"rate":0.5}]' })
  .max(maxErrors, { error: `must be at most ${maxErrors} errors` })
  .superRefine((given, context) => {
    const sum = given.reduce((total, error) => total + error.rate, 0);
    if (sum <= 1 + roundingError) return;
    const message = `must be errors whose rates add up to at most 1, not ${Number(sum.toFixed(6))}`;
    context.addIssue({ code: 'custom', message });
  });

const atRate = () => objectLike('{"rate":0.5}', { rate: rate() });

const capacity = objectLike('{"workers":8,"queue":100}', {
  workers: whole(1, maxWorkers).describe('How many requests are worked on at the same time.'),
  queue: whole(0, maxQueue).describe('How many more may wait, first come first served. One more is refused with 503.'),
  abandonedWork: z
    .enum(['kept', 'dropped'], { error: 'must be one of kept, dropped' })
    .default('kept')
    .describe('Whether a request whose client has gone away is worked on all the same.'),
});

/**
 * What may be wrong with this service, each part of it optional. `null` says that nothing is. This is the one place that
 * knows what is allowed; all types of faults are read from it.
 */
export const faultsBody = objectLike('{"latency":"2s"}', {
  latency: textOrObject(latencyMs(), percentiles)
    .nullable()
    .optional()
    .describe('How long a customer takes to be found: a duration, or a distribution.'),
  errors: errors.nullable().optional().describe('Problem details instead of an answer. The rates add up to at most 1.'),
  hang: atRate().nullable().optional().describe('Requests that are never answered while this lasts.'),
  reset: atRate().nullable().optional().describe('Connections that are reset (TCP RST) instead of an answer.'),
  malformed: atRate()
    .nullable()
    .optional()
    .describe('Answers with status 200 whose JSON is cut off, or of another shape, in turn.'),
  unready: z
    .boolean({ error: 'must be true or false' })
    .nullable()
    .optional()
    .describe('Readiness says 503; requests are answered all the same.'),
  capacity: capacity
    .nullable()
    .optional()
    .describe('A finite number of workers, each held for the latency of its request, and a queue in front.'),
}).meta({
  description: 'What is wrong with the service on purpose. Durations are in the time of TIME_SCALE.',
});

/** Faults as a body gives them: what isn't named is undefined. */
export type GivenFaults = z.output<typeof faultsBody>;

type Setting<Name extends keyof GivenFaults> = NonNullable<GivenFaults[Name]>;

export type LatencySetting = Setting<'latency'>;
export type InjectedError = Setting<'errors'>[number];
export type CapacitySetting = Setting<'capacity'>;
/** How often a fault strikes. */
export type RateSetting = Setting<'hang'>;
