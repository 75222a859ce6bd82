import { type Clock, wait } from '../../core/clock.ts';
import { parseDuration } from '../../core/duration.ts';
import { InvalidOptionsError, type OptionFault } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { CallContext } from '../../core/policy.ts';
import type { Instance } from '../instance.ts';
import { parseRate } from '../traffic.ts';

/** How the dependency behaves from a point in time on. */
export interface OutagePhase {
  /** The start of the phase, in milliseconds from the start of the simulation. */
  readonly atMs: number;
  /** How long the dependency takes for a call that starts in this phase. */
  readonly latencyMs: number;
  /** The percentage of calls that fail. They are evenly spread: of ten calls at 30 % three fail. */
  readonly errorPercentage: number;
}

/** A simulated outage: how the dependency behaves, and how it is called. */
export interface Outage {
  /** In the order of time; the first starts at 0. */
  readonly phases: readonly OutagePhase[];
  /** Calls a second, evenly spread; without it, `concurrency` callers make one call after the other. */
  readonly ratePerSecond?: number | undefined;
  /** The number of callers; by default as many as the rate needs. One of the two is required. */
  readonly concurrency?: number | undefined;
  /** How long a caller waits for the response, in milliseconds; not limited by default. */
  readonly callerDeadlineMs?: number | undefined;
  /** The simulation ends after this number of calls; not limited by default. */
  readonly calls?: number | undefined;
  /**
   * No call starts after this time; by default a minute after the start of the last phase, or no limit if `calls` is
   * given.
   */
  readonly untilMs?: number | undefined;
  /**
   * How long a caller waits before its next call if a call took no time, e.g. because it was refused: 100 ms by
   * default, 0 if `calls` is given.
   */
  readonly pauseMs?: number | undefined;
}

const keys = ['timeline', 'rate', 'concurrency', 'deadline', 'calls', 'until', 'pause'];
const phaseKeys = ['at', 'latency', 'errors'];

/**
 * Reads an outage from a YAML document: a map with `timeline` and the other keys, or the timeline alone.
 *
 * @param subject its name in messages
 * @throws InvalidOptionsError listing every fault
 * @example
 * rate: 5/s
 * timeline:
 *   - { at: 0s, latency: 50ms }
 *   - { at: 10s, latency: 2s, errors: 20% }
 *   - { at: 40s, latency: 50ms, errors: 0% }
 */
export function readOutage(subject: string, document: unknown): Outage {
  const reader = new Reader();
  const map = isMap(document) ? document : { timeline: document };
  reader.refuseUnknown('', map, keys);
  const outage: Outage = {
    phases: readPhases(map['timeline'], reader),
    ratePerSecond: reader.read('rate', map['rate'], parseRate, 'a rate above 0 such as 5/s or 30/min'),
    concurrency: reader.read('concurrency', map['concurrency'], wholeAboveZero, 'a whole number of at least 1'),
    callerDeadlineMs: reader.read('deadline', map['deadline'], durationAboveZero, 'a duration above 0 such as 3s'),
    calls: reader.read('calls', map['calls'], wholeAboveZero, 'a whole number of at least 1'),
    untilMs: reader.read('until', map['until'], durationAboveZero, 'a duration above 0 such as 2m'),
    pauseMs: reader.read('pause', map['pause'], durationFromZero, 'a duration of at least 0 such as 100ms'),
  };
  reader.throwFaults(subject);
  return outage;
}

function readPhases(timeline: unknown, reader: Reader): readonly OutagePhase[] {
  if (!Array.isArray(timeline) || timeline.length === 0) {
    reader.fault('timeline', timeline, 'a list such as [{ at: 0s, latency: 50ms }, { at: 10s, errors: 100% }]');
    return [];
  }
  const phases: OutagePhase[] = [];
  for (const [index, entry] of (timeline as unknown[]).entries())
    phases.push(readPhase(index, entry, phases.at(-1), reader));
  return phases;
}

/** What an entry leaves out stays as before. */
function readPhase(index: number, entry: unknown, before: OutagePhase | undefined, reader: Reader): OutagePhase {
  const place = `timeline[${index}]`;
  if (!isMap(entry)) {
    reader.fault(place, entry, 'a map with at, latency and errors');
    return before ?? { atMs: 0, latencyMs: 0, errorPercentage: 0 };
  }
  reader.refuseUnknown(`${place}.`, entry, phaseKeys);
  const atMs = reader.read(
    `${place}.at`,
    entry['at'] ?? (index === 0 ? 0 : undefined),
    durationFromZero,
    'a duration such as 10s',
  );
  if (index === 0 && atMs !== 0) reader.fault(`${place}.at`, entry['at'], '0s, because the first entry is the start');
  if (index > 0 && entry['at'] === undefined) reader.fault(`${place}.at`, undefined, 'a duration such as 10s');
  if (before !== undefined && atMs !== undefined && atMs <= before.atMs) {
    reader.fault(`${place}.at`, entry['at'], 'a time after the previous entry');
  }
  if (index === 0 && entry['latency'] === undefined)
    reader.fault(`${place}.latency`, undefined, 'a duration such as 50ms');
  return {
    atMs: atMs ?? 0,
    latencyMs:
      reader.read(`${place}.latency`, entry['latency'], durationFromZero, 'a duration of at least 0 such as 50ms') ??
      before?.latencyMs ??
      0,
    errorPercentage:
      reader.read(`${place}.errors`, entry['errors'], percentage, 'a percentage from 0 to 100') ??
      before?.errorPercentage ??
      0,
  };
}

/** Reads values and collects faults, so that all are reported at once. */
class Reader {
  readonly #faults: OptionFault[] = [];

  read<T>(option: string, value: unknown, parse: (value: unknown) => T | undefined, allowed: string): T | undefined {
    if (value === undefined || value === null) return undefined;
    const parsed = parse(value);
    if (parsed === undefined) this.fault(option, value, allowed);
    return parsed;
  }

  refuseUnknown(place: string, map: Readonly<Record<string, unknown>>, known: readonly string[]): void {
    for (const key of Object.keys(map).filter((key) => !known.includes(key))) {
      const nearest = nearestName(key, known);
      const allowed = nearest === undefined ? known.join(', ') : `${nearest}, if that is what you meant`;
      this.#faults.push({ option: `${place}${key}`, given: 'not known', allowed });
    }
  }

  fault(option: string, given: unknown, allowed: string): void {
    this.#faults.push({ option, given: given === undefined ? 'missing' : JSON.stringify(given), allowed });
  }

  throwFaults(subject: string): void {
    if (this.#faults.length > 0) throw new InvalidOptionsError(subject, this.#faults);
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wholeAboveZero(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : undefined;
}

function durationFromZero(value: unknown): number | undefined {
  const durationMs = parseDuration(value);
  return durationMs !== undefined && durationMs >= 0 ? durationMs : undefined;
}

function durationAboveZero(value: unknown): number | undefined {
  const durationMs = parseDuration(value);
  return durationMs !== undefined && durationMs > 0 ? durationMs : undefined;
}

function percentage(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(/^([\d.]+)\s*%?$/.exec(value.trim())?.[1]) : value;
  return typeof number === 'number' && number >= 0 && number <= 100 ? number : undefined;
}

/** The error of a simulated dependency. */
export class SimulatedFailure extends Error {
  override readonly name: string = 'SimulatedFailure';
}

/** A dependency that behaves as an outage describes. It stops when its signal is aborted. */
export class SimulatedDependency {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #outage: Outage;
  readonly #error: Error;
  /** The start of each call, in milliseconds from the start of the simulation. */
  readonly callsAtMs: number[] = [];
  #errorCredit = 0;

  constructor(outage: Outage, instance: Instance, clock: Clock) {
    this.#outage = outage;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#error = failureOf(instance);
  }

  async call({ signal }: CallContext): Promise<void> {
    const atMs = this.#clock.now() - this.#startedAt;
    this.callsAtMs.push(atMs);
    const { latencyMs, errorPercentage } = phaseAt(this.#outage, atMs);
    // Deterministic: an exact share of the calls, not a probability.
    this.#errorCredit += errorPercentage;
    const fails = this.#errorCredit >= 100;
    if (fails) this.#errorCredit -= 100;
    await wait(this.#clock, latencyMs, signal);
    if (fails) throw this.#error;
  }
}

function phaseAt({ phases }: Outage, atMs: number): OutagePhase {
  return phases.findLast((phase) => phase.atMs <= atMs) ?? { atMs: 0, latencyMs: 0, errorPercentage: 0 };
}

/**
 * An error that is recorded: of the first recorded class, or of the first retried one, if the configuration has any.
 */
export function failureOf({ circuitBreaker, retry }: Instance): Error {
  const error = new SimulatedFailure('The simulated dependency failed.');
  const [errorClass] = [...(circuitBreaker?.recordExceptions ?? []), ...(retry?.retryExceptions ?? [])];
  if (errorClass !== undefined) Object.setPrototypeOf(error, errorClass.prototype as object);
  return error;
}
