import { IntervalFunction, type Random } from '../src/core/index.ts';
import { MaxRetriesExceededError } from '../src/core/retry/retry.errors.ts';
import type { AnyRetryEvent } from '../src/core/retry/retry.events.ts';
import type { RetryOptions } from '../src/core/retry/retry.options.ts';
import { Retry } from '../src/core/retry/retry.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import type {
  ErrorName,
  Execution,
  ExecutionTrace,
  IntervalDescription,
  IntervalTrace,
  RecordedEvent,
  RetryTrace,
  TracedOutcome,
} from './retry.trace.ts';
import { compare, type Comparison, type Difference } from './traces.ts';

class A extends Error {}
class SubclassOfA extends A {}
class B extends Error {}

const errorsByName: Readonly<Record<ErrorName, new () => Error>> = { A, 'A.sub': SubclassOfA, B };

/** Replays an interval function, or the calls of one retry. @returns the first difference, if there is one */
export async function replayRetryTrace(trace: RetryTrace): Promise<Difference | undefined> {
  return trace.kind === 'interval' ? replayIntervals(trace) : replayExecutions(trace);
}

function replayIntervals(trace: IntervalTrace): Difference | undefined {
  let random = 0;
  const interval = toIntervalFunction(trace.function, () => random);
  const intervalAt = (attempt: number, withRandom: number): number => {
    random = withRandom;
    return interval(attempt);
  };

  for (const [index, { attempt, ms, minMs, maxMs, samples = [] }] of trace.intervals.entries()) {
    const difference =
      (ms === undefined
        ? (compare(`the least interval ${attempt}`, minMs, intervalAt(attempt, 0)) ??
          compare(`the greatest interval ${attempt}`, maxMs, intervalAt(attempt, 1 - 2 ** -53)))
        : compare(`interval ${attempt}`, ms, intervalAt(attempt, 0.5))) ??
      compare(
        `the samples of interval ${attempt}`,
        samples.map((sample) => sample.ms),
        samples.map((sample) => intervalAt(attempt, sample.random)),
      );
    if (difference !== undefined) return { trace: trace.id, step: index + 1, ...difference };
  }
  for (const { attempt, throws } of trace.invalidAttempts ?? []) {
    const difference = compare(
      `the error for attempt ${attempt}`,
      throws,
      refusalOf(() => interval(attempt)),
    );
    if (difference !== undefined) return { trace: trace.id, step: 0, ...difference };
  }
  return undefined;
}

/** Java's name for the error of an invalid argument. */
function refusalOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof RangeError ? 'IllegalArgumentException' : String(error);
  }
}

async function replayExecutions(trace: ExecutionTrace): Promise<Difference | undefined> {
  const subject = new Subject(trace);
  for (const [index, execution] of trace.executions.entries()) {
    const difference = compareExecutions(execution, await subject.execute(execution.outcomes));
    if (difference !== undefined) return { trace: trace.id, step: index + 1, ...difference };
  }
  return undefined;
}

function compareExecutions(expected: Execution, actual: Execution): Comparison {
  return (
    compare('the calls', expected.calls, actual.calls) ??
    compare('the waits', expected.waitsMs, actual.waitsMs) ??
    compare('the result', expected.result, actual.result) ??
    compare('the events', expected.events, actual.events) ??
    compare('the metrics', expected.metrics, actual.metrics)
  );
}

/** A clock that records each wait and ends it as soon as the caller is waiting. */
class WaitingClock extends FakeClock {
  readonly #onWait: (waitMs: number) => void;

  constructor(onWait: (waitMs: number) => void) {
    super();
    this.#onWait = onWait;
  }

  override schedule(delayMs: number, callback: () => void): () => void {
    this.#onWait(delayMs);
    const cancel = super.schedule(delayMs, callback);
    queueMicrotask(() => this.advance(delayMs));
    return cancel;
  }
}

/** The retry of a trace, and what it does during one execution. */
class Subject {
  readonly #trace: ExecutionTrace;
  readonly #retry: Retry;
  #outcomes: readonly TracedOutcome[] = [];
  #calls = 0;
  #waitsMs: number[] = [];
  #events: RecordedEvent[] = [];
  /** The result of the last call of the interval function. */
  #intervalMs = 0;
  /** The last error that the blocking loop passed to the retry. */
  #handled: unknown;

  constructor(trace: ExecutionTrace) {
    this.#trace = trace;
    const clock = new WaitingClock((waitMs) => this.#waitsMs.push(waitMs));
    const options = toOptions(trace.config, (intervalMs) => (this.#intervalMs = intervalMs));
    this.#retry = new Retry(trace.id, options, { clock });
    this.#retry.onEvent((event) => this.#recordEvent(event));
  }

  async execute(outcomes: readonly TracedOutcome[]): Promise<Execution> {
    this.#outcomes = outcomes;
    this.#calls = 0;
    this.#waitsMs = [];
    this.#events = [];
    this.#handled = undefined;

    const call = () => this.#call();
    const running = this.#trace.mode === 'async' ? this.#retry.execute(call) : this.#executeBlocking();
    const result = await running.then(
      (value): TracedOutcome => ({ returns: value }),
      (error: unknown): TracedOutcome => ({ throws: nameOf(error, 'MaxRetriesExceededException') }),
    );
    const { metrics } = this.#retry;
    return {
      outcomes,
      calls: this.#calls,
      waitsMs: this.#waitsMs,
      result,
      events: this.#events,
      metrics: {
        successfulWithoutRetry: metrics.numberOfSuccessfulCallsWithoutRetryAttempt,
        successfulWithRetry: metrics.numberOfSuccessfulCallsWithRetryAttempt,
        failedWithoutRetry: metrics.numberOfFailedCallsWithoutRetryAttempt,
        failedWithRetry: metrics.numberOfFailedCallsWithRetryAttempt,
        totalCalls: metrics.numberOfTotalCalls,
      },
    };
  }

  /**
   * The loop of Resilience4j's blocking decorator, which this library does not have, around the public context. The context
   * handles every error, including the one that it throws itself at the end. A thread refuses to sleep for a negative interval.
   */
  async #executeBlocking(): Promise<string> {
    const context = this.#retry.context();
    for (;;) {
      this.#intervalMs = 0;
      let waitMs: number;
      try {
        const value = this.#call();
        waitMs = context.onResult(value);
        if (waitMs < 0) {
          context.onComplete();
          return value;
        }
      } catch (error) {
        this.#handled = error;
        waitMs = context.onError(error);
        if (waitMs < 0) {
          if (this.#intervalMs < 0) this.#waitsMs.push(waitMs);
          throw error;
        }
      }
      this.#waitsMs.push(waitMs);
    }
  }

  #call(): string {
    const outcome = this.#outcomes[this.#calls++];
    if (outcome === undefined) throw new Error(`Call ${this.#calls} is not in the trace.`);
    if ('returns' in outcome) return outcome.returns;
    throw new errorsByName[outcome.throws as ErrorName]();
  }

  #recordEvent(event: AnyRetryEvent): void {
    const { type, numberOfRetryAttempts: attempts, lastError } = event;
    const waitMs = type === 'RETRY' ? { waitMs: event.waitIntervalMs } : {};
    // In events, Resilience4j uses another class than the one it throws, unless it handles the thrown error.
    const maxRetriesExceeded = lastError === this.#handled ? 'MaxRetriesExceededException' : 'MaxRetriesExceeded';
    const error = lastError === undefined ? {} : { error: nameOf(lastError, maxRetriesExceeded) };
    this.#events.push({ type, attempts, ...waitMs, ...error });
    // A wait of 0 ms sets no timer, so the clock cannot record it.
    if (this.#trace.mode === 'async' && type === 'RETRY' && event.waitIntervalMs === 0) this.#waitsMs.push(0);
  }
}

function nameOf(error: unknown, maxRetriesExceeded: string): string {
  if (error instanceof MaxRetriesExceededError) return maxRetriesExceeded;
  const known = Object.entries(errorsByName).find(([, errorClass]) => (error as Error).constructor === errorClass);
  return known?.[0] ?? String(error);
}

function toOptions(config: ExecutionTrace['config'], onInterval: (intervalMs: number) => void): RetryOptions {
  return {
    maxAttempts: config.maxAttempts,
    failAfterMaxAttempts: config.failAfterMaxAttempts,
    retryExceptions: config.retryOn.map((name) => errorsByName[name]),
    ignoreExceptions: config.ignore.map((name) => errorsByName[name]),
    retryOnResult: (value) => config.retryOnResult.some((unwanted) => unwanted === value),
    ...waitOptions(config.interval, onInterval),
  };
}

function waitOptions(description: IntervalDescription, onInterval: (intervalMs: number) => void): RetryOptions {
  if (description.kind === 'default') return {};
  if (description.kind === 'fixed') return { waitDuration: description.intervalMs };
  const interval = toIntervalFunction(description, Math.random);
  return {
    intervalFunction: (attempt) => {
      const intervalMs = interval(attempt);
      onInterval(intervalMs);
      return intervalMs;
    },
  };
}

function toIntervalFunction(description: IntervalDescription, random: Random): IntervalFunction {
  switch (description.kind) {
    case 'default':
      return IntervalFunction.of();
    case 'fixed':
      return IntervalFunction.of(description.intervalMs);
    case 'table':
      return (attempt) => description.intervalsMs[attempt - 1]!;
    case 'exponential':
      return IntervalFunction.ofExponentialBackoff(description.initialMs, description.multiplier, description.maxMs);
    case 'randomized':
      return IntervalFunction.ofRandomized(description.intervalMs, description.randomizationFactor, random);
    case 'exponentialRandom':
      return IntervalFunction.ofExponentialRandomBackoff(
        description.initialMs,
        description.multiplier,
        description.randomizationFactor,
        description.maxMs,
        random,
      );
  }
}
