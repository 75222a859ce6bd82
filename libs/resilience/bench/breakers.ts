/** A circuit breaker of each library, as alike as their options allow. None ever opens by itself in a bench. */
import { circuitBreaker, CountBreaker, type IBreaker, handleAll, SamplingBreaker } from 'cockatiel';
import { Circuit, SlidingCountBreaker, SlidingTimeBreaker } from 'mollitia';
import OpossumBreaker from 'opossum';
import { CircuitBreaker } from '../src/core/index.ts';
import type { Subject } from './case.ts';
import { failureThreshold, settled } from './work.ts';

type Work = () => Promise<unknown>;

/** What the circuit breaker judges by. */
export type Window = { readonly type: 'COUNT_BASED' | 'TIME_BASED'; readonly size: number };

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

/** Opossum has a window of seconds alone, and a timer for each call unless it is told to do without. */
export function opossum(work: Work, seconds = 10) {
  return new OpossumBreaker(work, {
    timeout: false,
    rollingCountTimeout: seconds * 1_000,
    rollingCountBuckets: 10,
    errorThresholdPercentage: failureThreshold,
    volumeThreshold: 100,
    resetTimeout: 3_600_000,
  });
}

export function mollitia(work: Work, { type, size }: Window): Circuit {
  const options = { minimumNumberOfCalls: Math.min(size, 100), failureRateThreshold: failureThreshold };
  const breaker =
    type === 'COUNT_BASED'
      ? new SlidingCountBreaker({ ...options, slidingWindowSize: size, minimumNumberOfCalls: size })
      : new SlidingTimeBreaker({ ...options, slidingWindowSize: size * 1_000 });
  return new Circuit({ options: { modules: [breaker] } }).fn(work);
}

export function breakwaterSubject(work: Work, window: Window): Subject {
  const breaker = breakwater(window);
  return { operation: () => breaker.execute(work) };
}

export function cockatielSubject(work: Work, window: Window): Subject {
  const breaker = cockatiel(window);
  return { operation: () => breaker.execute(work) };
}

export function opossumSubject(work: Work, seconds?: number): Subject {
  const breaker = opossum(work, seconds);
  return { operation: () => breaker.fire(), dispose: () => breaker.shutdown() };
}

/** Its window is full from the start: that is how it is for all but its first calls. Of seconds it keeps 1,000 calls at most. */
export async function mollitiaSubject(work: Work, window: Window): Promise<Subject> {
  const circuit = mollitia(work, window);
  const operation = () => circuit.execute();
  const held = window.type === 'COUNT_BASED' ? window.size : 1_000;
  for (let calls = 0; calls < held; calls++) await settled(operation)();
  return { operation, callsPerSample: held >= 1_000 ? 5 : 200, dispose: () => circuit.dispose() };
}
