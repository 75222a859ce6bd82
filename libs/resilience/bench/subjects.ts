/** The measured work, and a circuit breaker of each library with options as equal as possible. None opens during a bench. */
import { circuitBreaker, CountBreaker, type IBreaker, handleAll, SamplingBreaker } from 'cockatiel';
import { Circuit, SlidingCountBreaker, SlidingTimeBreaker } from 'mollitia';
import OpossumBreaker from 'opossum';
import { CircuitBreaker } from '../src/core/index.ts';

/**
 * `bare` is the same call without any library, and `clock` the same with the two readings of the clock that measure its
 * duration.
 */
export const libraries = ['bare', 'clock', 'breakwater', 'cockatiel', 'opossum', 'mollitia'] as const;

export type Library = (typeof libraries)[number];

/** Makes one call from start to end; never rejects. */
export type Operation = () => Promise<unknown>;

/** A library prepared for a case. */
export interface Subject {
  readonly operation: Operation;
  /** The number of calls between two readings of the time; lower than the default when a call takes long. */
  readonly callsPerSample?: number;
  /** The number of samples per turn, if they are not those of all cases. */
  readonly samples?: number;
  readonly dispose?: () => void;
}

export type Subjects = { readonly [L in Library]?: Subject };

export interface Window {
  readonly type: 'COUNT_BASED' | 'TIME_BASED';
  readonly size: number;
}

/** The protected work: as little as possible, so that the cost of the protection shows. */
export const succeed = async (): Promise<number> => 42;

/** Work that waits for something: a call of its own starts and ends in turns of the event loop of its own. */
export const waitATurn = async (): Promise<number> => new Promise((resolve) => void setImmediate(resolve, 42));

/** Shared by all failures: creating an error is not measured. */
const failure = new Error('the dependency failed');

/**
 * Work that fails nine times out of ten. One success in ten keeps every breaker CLOSED at a threshold of 95 %, so that each
 * failure is recorded in full.
 *
 * @param work what it waits for before
 */
export function failNineOfTen(work?: Operation): () => Promise<number> {
  let calls = 0;
  return async () => {
    calls++;
    if (work !== undefined) await work();
    if (calls % 10 === 1) return 42;
    throw failure;
  };
}

const failureThreshold = 95;

/** The same call with its rejection handled. */
export function settled(call: Operation): Operation {
  return async () => {
    try {
      await call();
    } catch {
      // The outcome is not measured.
    }
  };
}

export function breakwater({ type, size }: Window): CircuitBreaker {
  return new CircuitBreaker('customer', {
    slidingWindowType: type,
    slidingWindowSize: size,
    minimumNumberOfCalls: size,
    failureRateThreshold: failureThreshold,
  });
}

export function cockatiel({ type, size }: Window) {
  const threshold = failureThreshold / 100;
  const breaker: IBreaker =
    type === 'COUNT_BASED'
      ? new CountBreaker({ size, threshold })
      : new SamplingBreaker({ duration: size * 1_000, threshold });
  return circuitBreaker(handleAll, { halfOpenAfter: 3_600_000, breaker });
}

/** opossum has only a window of seconds. Its timeout, a timer for each call, is off. */
export function opossum(work: Operation, seconds = 10) {
  return new OpossumBreaker(work, {
    timeout: false,
    rollingCountTimeout: seconds * 1_000,
    rollingCountBuckets: 10,
    errorThresholdPercentage: failureThreshold,
    volumeThreshold: 100,
    resetTimeout: 3_600_000,
  });
}

export function mollitia(work: Operation, { type, size }: Window): Circuit {
  const options = { minimumNumberOfCalls: Math.min(size, 100), failureRateThreshold: failureThreshold };
  const breaker =
    type === 'COUNT_BASED'
      ? new SlidingCountBreaker({ ...options, slidingWindowSize: size, minimumNumberOfCalls: size })
      : new SlidingTimeBreaker({ ...options, slidingWindowSize: size * 1_000 });
  return new Circuit({ options: { modules: [breaker] } }).fn(work);
}

/** The last readings of the clock. They are kept, so that V8 does not remove them. */
export const readings = { start: 0, end: 0 };

export function clockSubject(work: Operation): Subject {
  return {
    operation: () => {
      readings.start = performance.now();
      readings.end = performance.now();
      return work();
    },
  };
}

export function breakwaterSubject(work: Operation, window: Window): Subject {
  const breaker = breakwater(window);
  return { operation: () => breaker.execute(work), dispose: () => breaker.dispose() };
}

export function cockatielSubject(work: Operation, window: Window): Subject {
  const breaker = cockatiel(window);
  return { operation: () => breaker.execute(work) };
}

export function opossumSubject(work: Operation, seconds?: number): Subject {
  const breaker = opossum(work, seconds);
  return { operation: () => breaker.fire(), dispose: () => breaker.shutdown() };
}

export function mollitiaSubject(work: Operation, window: Window): Subject {
  const circuit = mollitia(work, window);
  return { operation: () => circuit.execute(), dispose: () => circuit.dispose() };
}

/** mollitia with a full window, as it is after its first calls. A window of seconds holds at most 1,000 calls. */
export async function fullMollitiaSubject(work: Operation, window: Window): Promise<Subject> {
  const subject = mollitiaSubject(work, window);
  const heldCalls = window.type === 'COUNT_BASED' ? window.size : 1_000;
  for (let calls = 0; calls < heldCalls; calls++) await settled(subject.operation)();
  return { ...subject, callsPerSample: heldCalls >= 1_000 ? 5 : 200 };
}
