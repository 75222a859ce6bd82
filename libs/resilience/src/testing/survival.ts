import { AsyncLocalStorage } from 'node:async_hooks';
import type { AnyCircuitBreaker } from '../core/circuit-breaker/circuit-breaker.contract.ts';
import { wait } from '../core/clock.ts';
import { formatDuration } from '../core/duration.ts';
import type { Outage } from './outage.ts';

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- the types of Jest and Vitest (Chai) are extended like this
  namespace jest {
    // oxlint-disable-next-line typescript/no-unused-vars -- the parameters must be those of Jest
    interface Matchers<R, T> {
      /** See `toSurvive` of `@breakwater/resilience/testing`. */
      toSurvive(outage: Outage): Promise<void>;
    }
  }
  // oxlint-disable-next-line typescript/no-namespace
  namespace Chai {
    interface Assertion {
      /** See `toSurvive` of `@breakwater/resilience/testing`. */
      toSurvive(outage: Outage): Promise<void>;
    }
  }
}

/** @ts-ignore -- the types of `@jest/globals`; without Jest, this package does not exist */
declare module '@jest/expect' {
  // oxlint-disable-next-line typescript/no-unused-vars -- the parameters must be those of Jest
  interface Matchers<R extends void | Promise<void>, T> {
    /** See `toSurvive` of `@breakwater/resilience/testing`. */
    toSurvive(outage: Outage): Promise<void>;
  }
}

/** A call of the service. */
interface Arrival {
  readonly atMs: number;
  attempts: number;
  isSettled: boolean;
}

/** Finds out which call of the service called the dependency. */
const currentArrival = new AsyncLocalStorage<Arrival>();

/**
 * An assertion for `expect.extend({ toSurvive })` of Jest and Vitest: the service survives an outage of its dependency, in
 * virtual time. It passes if each call of the service settles, with a result or an error; if within `timeToProtect` a call
 * settles that does not call the dependency, because a policy refuses it; and if the calls of the dependency per call of the
 * service stay below `callsPerArrival`.
 *
 * @throws Error if no call reaches the dependency, or if there is no `timeToProtect`
 * @example
 * expect.extend({ toSurvive });
 * await expect(client).toSurvive(
 *   outage({ clock, dependency: [http, 'get'], call: (service: CustomerClient) => service.verify('c-1') }),
 * );
 */
export async function toSurvive(
  service: unknown,
  outage: Outage,
): Promise<{ readonly pass: boolean; readonly message: () => string }> {
  const { arrivals, attempts } = await sufferedBy(service, outage);
  if (attempts === 0) {
    const method = outage.dependency[1];
    throw new Error(`No call of the service called the dependency's method '${method}': the outage tests nothing.`);
  }
  const lines = [settledLine(arrivals, outage), protectionLine(arrivals, service, outage)];
  lines.push(attemptsLine(attempts, arrivals.length, outage));
  const title = `Calls for ${formatDuration(outage.duration)}, ${outage.ratePerSecond} per second, while the dependency is down:`;
  return {
    pass: lines.every(({ isMet }) => isMet),
    message: () => [title, ...lines.map(({ isMet, text }) => `  ${isMet ? '✓' : '✗'} ${text}`)].join('\n'),
  };
}

interface Line {
  readonly isMet: boolean;
  readonly text: string;
}

function settledLine(arrivals: readonly Arrival[], { timeToSettle }: Outage): Line {
  const settled = arrivals.filter(({ isSettled }) => isSettled).length;
  const isMet = settled === arrivals.length;
  const hint = ' The clock of the policies must be that of the outage, and each call needs a time limit.';
  const text = `settled calls: ${settled} of ${arrivals.length} at most ${formatDuration(timeToSettle)} after the outage.`;
  return { isMet, text: isMet ? text : text + hint };
}

function protectionLine(arrivals: readonly Arrival[], service: unknown, { timeToProtect }: Outage): Line {
  const threshold = timeToProtect === undefined ? slowCallThreshold(service) : undefined;
  const allowedMs = timeToProtect ?? threshold! + 1_000;
  const derived = threshold === undefined ? '' : ` (slow-call threshold ${formatDuration(threshold)} + 1 s)`;
  const first = arrivals.find(({ attempts, isSettled }) => isSettled && attempts === 0)?.atMs;
  const protectedAfter = first === undefined ? 'never: each call reached the dependency' : formatDuration(first);
  return {
    isMet: first !== undefined && first <= allowedMs,
    text: `time to protect: ${protectedAfter}; allowed: at most ${formatDuration(allowedMs)}${derived}.`,
  };
}

function attemptsLine(attempts: number, arrivals: number, { callsPerArrival }: Outage): Line {
  const perArrival = attempts / arrivals;
  const text = `attempts per arrival: ${perArrival.toFixed(2)} (${attempts} for ${arrivals} calls); allowed: below ${callsPerArrival}.`;
  return { isMet: perArrival < callsPerArrival, text };
}

/** Makes the calls, and waits until all have settled or the time for it is over. */
async function sufferedBy(service: unknown, outage: Outage) {
  const { clock, duration, ratePerSecond, timeToSettle } = outage;
  const startedAt = clock.now();
  const arrivals: Arrival[] = [];
  const dependency = replaceDependency(outage);
  try {
    for (let atMs = 0; atMs < duration; atMs = (arrivals.length * 1_000) / ratePerSecond) {
      await clock.advanceAsync(startedAt + atMs - clock.now());
      const arrival: Arrival = { atMs, attempts: 0, isSettled: false };
      arrivals.push(arrival);
      void currentArrival.run(arrival, () => settle(arrival, () => outage.call(service as never)));
    }
    await clock.advanceAsync(startedAt + duration + timeToSettle - clock.now());
    // Observed calls end here: what happens later does not count.
    return { arrivals: arrivals.map((arrival) => ({ ...arrival })), attempts: dependency.attempts };
  } finally {
    dependency.restore();
  }
}

async function settle(arrival: Arrival, call: () => unknown): Promise<void> {
  try {
    await call();
  } catch {
    // A refusal or an error settles the call as well.
  }
  arrival.isSettled = true;
}

function replaceDependency({ dependency: [object, method], returns = (result) => result, ...outage }: Outage) {
  const before = Object.getOwnPropertyDescriptor(object, method);
  const suffering = {
    attempts: 0,
    restore: () => {
      if (before === undefined) Reflect.deleteProperty(object, method);
      else Object.defineProperty(object, method, before);
    },
  };
  const value = (): unknown => {
    suffering.attempts++;
    const arrival = currentArrival.getStore();
    if (arrival !== undefined) arrival.attempts++;
    return returns(respond(outage));
  };
  Object.defineProperty(object, method, { value, configurable: true, writable: true });
  return suffering;
}

async function respond({ clock, latency, error, response }: Omit<Outage, 'dependency' | 'returns'>): Promise<unknown> {
  if (latency === undefined && error === undefined) return new Promise(() => {});
  await wait(clock, latency ?? 0);
  if (error === undefined) return response;
  throw error;
}

/** From a service over its registries and those of all kinds to the instances of one. */
const deepest = 4;

/** The shortest one of the circuit breakers that were used. */
function slowCallThreshold(service: unknown): number {
  const found = circuitBreakersIn(service, deepest);
  const used = found.filter(({ state, metrics }) => state !== 'CLOSED' || metrics.bufferedCalls > 0);
  const thresholds = (used.length > 0 ? used : found).map(({ config }) => config.slowCallDurationThreshold);
  if (thresholds.length > 0) return Math.min(...thresholds);
  throw new Error(
    'toSurvive found no circuit breaker in the properties of the service, whose slow-call threshold + 1 s is the default of ' +
      "timeToProtect. Give the outage a timeToProtect, such as '3s'.",
  );
}

/** Those of a policy, a pipeline, the registries of a class with decorators, and an object that has these as properties. */
function circuitBreakersIn(value: unknown, depth: number, visited = new Set<unknown>()): readonly AnyCircuitBreaker[] {
  if (typeof value !== 'object' || value === null || depth < 0 || visited.has(value)) return [];
  visited.add(value);
  if (isCircuitBreaker(value)) return [value];
  return (allOf(value) ?? propertiesOf(value)).flatMap((member) => circuitBreakersIn(member, depth - 1, visited));
}

function isCircuitBreaker(value: object): value is AnyCircuitBreaker {
  return 'state' in value && 'metrics' in value && 'tryAcquirePermission' in value;
}

/** The instances of a registry. */
function allOf(value: object): readonly unknown[] | undefined {
  return 'all' in value && 'getOrCreate' in value ? (value as { all(): readonly unknown[] }).all() : undefined;
}

function propertiesOf(value: object): readonly unknown[] {
  return Reflect.ownKeys(value).map((key) => Reflect.getOwnPropertyDescriptor(value, key)?.value as unknown);
}
