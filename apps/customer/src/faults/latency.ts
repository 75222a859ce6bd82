import { durationText } from '@breakwater/resilience';
import { duration } from '@breakwater/service-kit';
import { z } from 'zod';
import { defineFault, objectLike, type Exchange, type Fault, type FaultEnvironment, type Next } from './fault.ts';
import { wait } from './wait.ts';

/** The longest latency that can be set: five minutes. */
export const maxLatencyMs = 300_000;

/** The points of a distribution, and the percentage of responses that take no longer. */
const percentilePoints = { min: 0, p50: 50, p75: 75, p90: 90, p95: 95, p99: 99, p999: 99.9, max: 100 } as const;

type Percentile = keyof typeof percentilePoints;

/** A distribution of durations in milliseconds: the median, the maximum, and optional points between them. */
export type Percentiles = { readonly [Point in Percentile]?: number | undefined } & {
  readonly p50: number;
  readonly max: number;
};

/**
 * A distribution of durations by its percentiles. It is linear between two points, so it meets each given percentile exactly;
 * below the median it starts at `min`, or 0.
 */
export class LatencyDistribution {
  readonly #points: readonly { readonly share: number; readonly ms: number }[];

  /** @param percentiles in ascending order */
  constructor(percentiles: Percentiles) {
    const given = { ...percentiles, min: percentiles.min ?? 0 };
    this.#points = (Object.keys(percentilePoints) as Percentile[]).flatMap((name) => {
      const ms = given[name];
      return ms === undefined ? [] : [{ share: percentilePoints[name] / 100, ms }];
    });
  }

  /**
   * The longest duration, in milliseconds, of the given share of all responses.
   *
   * @param share from 0 to 1; a uniformly random number draws a duration
   */
  quantile(share: number): number {
    const next = this.#points.findIndex((point) => point.share >= share);
    const above = this.#points[next];
    const below = this.#points[next - 1];
    if (!above || !below) return (above ?? this.#points.at(-1))?.ms ?? 0;
    return below.ms + ((share - below.share) / (above.share - below.share)) * (above.ms - below.ms);
  }
}

const latencyMs = () => duration({ max: maxLatencyMs });

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
        const message = `must be at least ${before.name}, which is ${durationText(before.ms)}`;
        context.addIssue({ code: 'custom', path: [name], message });
      }
      before = { name, ms };
    }
  })
  .describe('A distribution by its percentiles, linear between two of them. Default of min: 0.');

type LatencySetting = number | z.output<typeof percentiles>;

/** Text or an object. The message is that of the form that was used; a union's would be that neither matches. */
function textOrObject<Text extends z.ZodType, Whole extends z.ZodType>(text: Text, whole: Whole) {
  const inJsonSchema = (schema: z.ZodType) => {
    const { $schema: _, ...described } = z.toJSONSchema(schema, { io: 'input' });
    return described;
  };
  return z
    .unknown()
    .transform((value, context): z.output<Text> | z.output<Whole> => {
      const result = (typeof value === 'object' ? whole : text).safeParse(value);
      if (result.success) return result.data;
      for (const issue of result.error.issues) context.issues.push({ ...issue, input: value } as never);
      return z.NEVER;
    })
    .meta({ oneOf: [inJsonSchema(text), inJsonSchema(whole)] });
}

const shownQuantiles = [0.5, 0.99, 1];

/** How long it takes to find a customer. */
class Latency implements Fault<LatencySetting> {
  #distribution = new LatencyDistribution({ p50: 0, max: 0 });

  constructor(private readonly environment: FaultEnvironment) {}

  get isActive(): boolean {
    return this.#distribution.quantile(1) > 0;
  }

  readonly gauges = [
    {
      name: 'customer_fault_latency_seconds',
      help: 'The configured latency by quantile, on the clock of the service.',
      label: 'quantile',
      read: () =>
        Object.fromEntries(shownQuantiles.map((share) => [share, this.#distribution.quantile(share) / 1_000])),
    },
  ];

  set(setting: LatencySetting | null): void {
    const ms = setting ?? 0;
    this.#distribution = new LatencyDistribution(typeof ms === 'number' ? { min: ms, p50: ms, max: ms } : ms);
  }

  /** Waits while the rest is done, so that the latency is the whole duration of a request and not an addition to it. */
  async apply(exchange: Exchange, next: Next): Promise<unknown> {
    const { clock, random, count } = this.environment;
    const work = next(exchange);
    const ms = this.#distribution.quantile(random());
    if (ms === 0) return work;
    count();
    const [result] = await Promise.all([work, wait(clock, ms, exchange.signal)]);
    return result;
  }
}

export const latency = defineFault({
  name: 'latency',
  description: 'How long it takes to find a customer: a duration, or a distribution.',
  setting: textOrObject(latencyMs(), percentiles),
  show: (setting) =>
    typeof setting === 'number'
      ? durationText(setting)
      : Object.fromEntries(
          Object.entries(setting).flatMap(([name, ms]) => (ms === undefined ? [] : [[name, durationText(ms)]])),
        ),
  create: (environment) => new Latency(environment),
});
