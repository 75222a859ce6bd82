import type { Clock } from '@breakwater/resilience';
import { problemKinds, type ScrapedMetric } from '@breakwater/service-kit';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';

/** The problems that faults cause. */
export const faultKinds = problemKinds({
  'capacity-exceeded': { status: 503, title: 'Capacity exceeded' },
  'injected-fault': { status: 503, title: 'Injected fault' },
});

/** A request that faults apply to. */
export interface Exchange {
  readonly reply: { readonly raw: ServerResponse; header(name: string, value: string): unknown };
  /** Aborts when the client has disconnected or its deadline has passed. */
  readonly signal: AbortSignal;
}

/** The rest of a request: the faults further in, then the work. */
export type Next = (exchange: Exchange) => Promise<unknown>;

/** A fault of this process. */
export interface Fault<Setting> {
  /** Whether it can affect a request or a probe as it is set. */
  readonly isActive: boolean;
  /** Holds from the next request on. `null` turns the fault off. */
  set(setting: Setting | null): void;
  /** Serves a request; `next` does the rest of it. Default: requests are not affected. */
  apply?(exchange: Exchange, next: Next): Promise<unknown>;
  /** Whether this readiness probe fails. Default: none does. */
  failsProbe?(): boolean;
  /** What `GET /faults` shows of it, as the definition's `report` describes. `undefined` is shown as null. */
  readonly report?: object | undefined;
  /** Its metrics, in addition to those that all faults have. */
  readonly gauges?: readonly ScrapedMetric[];
  /** Ends the requests that it holds. */
  shutDown?(): void;
}

/** What a fault is made with. */
export interface FaultEnvironment {
  readonly clock: Clock;
  /** Returns a uniformly distributed number from 0 up to, but not including, 1. */
  readonly random: () => number;
  /** Counts one request or probe that the fault has affected. */
  readonly count: () => void;
}

/** One kind of fault. `fault-list.ts` has all of them. */
export interface FaultDefinition<Name extends string, Setting extends z.ZodType> {
  /** Its key in `/faults` and its label in metrics. */
  readonly name: Name;
  /** For the API's description. */
  readonly description: string;
  readonly setting: Setting;
  /** The setting as `PUT /faults` takes it. Default: the setting itself. */
  readonly show?: (setting: z.output<Setting>) => unknown;
  /** Describes the fault's `report`. Default: it has none. */
  readonly report?: z.ZodType;
  readonly create: (environment: FaultEnvironment) => Fault<z.output<Setting>>;
}

export const defineFault = <const Name extends string, Setting extends z.ZodType>(
  definition: FaultDefinition<Name, Setting>,
): FaultDefinition<Name, Setting> => definition;

/** An object without unknown fields; the message for anything else shows an example. */
export const objectLike = <Shape extends z.ZodRawShape>(example: string, shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code }) => (code === 'invalid_type' ? `must be an object such as ${example}` : undefined),
  });

export const wholeNumber = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

export const rate = () => {
  const error = 'must be a number from 0 to 1';
  return z.number({ error }).min(0, { error }).max(1, { error }).describe('The share of requests that are affected.');
};

/** The setting of a fault that affects a share of all requests. */
export const rateSetting = () => objectLike('{"rate":0.5}', { rate: rate() });

export type RateSetting = z.output<ReturnType<typeof rateSetting>>;

/** A fault that affects requests at a rate. */
export abstract class FaultAtRate implements Fault<RateSetting> {
  #rate = 0;

  constructor(private readonly environment: Pick<FaultEnvironment, 'random' | 'count'>) {}

  get isActive(): boolean {
    return this.#rate > 0;
  }

  set(setting: RateSetting | null): void {
    this.#rate = setting?.rate ?? 0;
  }

  abstract apply(exchange: Exchange, next: Next): Promise<unknown>;

  /** Draws whether the request is affected, and counts it if so. */
  protected draw(): boolean {
    const isAffected = this.environment.random() < this.#rate;
    if (isAffected) this.environment.count();
    return isAffected;
  }
}
