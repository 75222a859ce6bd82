import type { Duration } from '../core/duration.ts';
import { type ConfigOf, decimal, duration, optional, type OptionRule, OptionSchema } from '../core/options.ts';
import type { FakeClock } from './fake-clock.ts';

/** An outage of a dependency, and the calls of a service while it lasts, in virtual time. */
export interface OutageOptions<S> {
  /** The clock of the service's policies. */
  readonly clock: FakeClock;
  /**
   * An object and the name of its method that calls the dependency, such as `[http, 'get']` or `[globalThis, 'fetch']`. The
   * method is replaced while the outage lasts, and returns a promise.
   */
  readonly dependency: readonly [object, string];
  /** Calls the service once. */
  readonly call: (service: S) => unknown;
  /** How long the dependency takes for a response or an error. By default it never responds, or fails at once with `error`. */
  readonly latency?: Duration;
  /** What the dependency fails with; by default it responds with `response`. */
  readonly error?: unknown;
  /** What the dependency responds with, after `latency`; `undefined` by default. */
  readonly response?: unknown;
  /** Maps the promise of the dependency to what its method returns, such as `from` of rxjs; by default the promise. */
  readonly returns?: (result: Promise<unknown>) => unknown;
  /** The calls of the service per second, evenly spread. Above 0; 10 by default. */
  readonly ratePerSecond?: number;
  /** How long the outage lasts. Above 0; 60 s by default. */
  readonly duration?: Duration;
  /** How long after the end of the outage each call must have settled. Above 0; 60 s by default. */
  readonly timeToSettle?: Duration;
  /**
   * How long after the start of the outage the first call settles that does not call the dependency. Above 0; by default the
   * shortest `slowCallDurationThreshold` of the service's circuit breakers, plus 1 s.
   */
  readonly timeToProtect?: Duration;
  /** The calls of the dependency per call of the service stay below it. Above 0; 1.2 by default. */
  readonly callsPerArrival?: number;
}

/** Of a value that the relations check. */
function required<T>(): OptionRule<T> {
  return { kind: 'function', defaultValue: undefined as T, allowed: '', parse: (value) => value as T };
}

const outageOptions = new OptionSchema(
  {
    clock: required<FakeClock>(),
    dependency: required<readonly [object, string]>(),
    call: required<(service: never) => unknown>(),
    latency: optional(duration(0, { min: 0 })),
    error: required<unknown>(),
    response: required<unknown>(),
    returns: required<((result: Promise<unknown>) => unknown) | undefined>(),
    ratePerSecond: decimal(10, { above: 0 }),
    duration: duration(60_000, { above: 0 }),
    timeToSettle: duration(60_000, { above: 0 }),
    timeToProtect: optional(duration(0, { above: 0 })),
    callsPerArrival: decimal(1.2, { above: 0 }),
  },
  {
    faults: ({ clock, dependency, call, returns }) => [
      ...fault('clock', isClock(clock), clock, 'the FakeClock of the policies'),
      ...fault('dependency', isMethod(dependency), dependency, "an object and the name of its method: [http, 'get']"),
      ...fault('call', isFunction(call), call, "a function: (service) => service.verify('c-1')"),
      ...fault('returns', returns === undefined || isFunction(returns), returns, 'a function of a promise'),
    ],
  },
);

function fault(option: string, isValid: boolean, given: unknown, allowed: string) {
  return isValid ? [] : [{ option, given: given === undefined ? 'missing' : `invalid (${typeof given})`, allowed }];
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isClock(value: unknown): boolean {
  return isFunction((value as Partial<FakeClock> | undefined)?.advanceAsync);
}

function isMethod(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const [object, name] = value as [Readonly<Record<string, unknown>> | undefined, string];
  return isFunction(object?.[name]);
}

/** The options of an outage: complete, checked, durations in milliseconds. */
export type Outage<S = never> = Omit<ConfigOf<typeof outageOptions>, 'call'> & {
  readonly call: (service: S) => unknown;
};

/**
 * Describes an outage for `toSurvive`.
 *
 * @throws InvalidOptionsError listing every fault
 * @example
 * outage({ clock, dependency: [http, 'get'], call: (client: CustomerClient) => client.verify('c-1'), latency: '30s' })
 */
export function outage<S>(options: OutageOptions<S>): Outage<S> {
  return outageOptions.resolve('The outage', options) as Outage<S>;
}
