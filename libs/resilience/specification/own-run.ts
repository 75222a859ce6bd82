import { setImmediate } from 'node:timers/promises';
import { createSubject, errorsByName, observe, perform } from '../conformance/circuit-breaker.replay.ts';
import type { CircuitBreakerTrace, Operation, Step, TraceConfig } from '../conformance/circuit-breaker.trace.ts';
import { CallNotPermittedError } from '../src/core/index.ts';
import { type Resolvers, withResolvers } from '../src/core/with-resolvers.ts';
import { seededRandom } from '../src/doctor/storm/random.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';

const startEpochMs = 1_700_000_000_000;
const numberOfSteps = 40;

const manualOperations: readonly Operation[] = [
  'transitionToClosed',
  'transitionToOpen',
  'transitionToHalfOpen',
  'transitionToForcedOpen',
  'transitionToDisabled',
  'transitionToMetricsOnly',
  'reset',
];

const endings: readonly Pick<Step, 'op' | 'error' | 'value'>[] = [
  { op: 'onSuccess' },
  { op: 'onError', error: 'recorded' },
  { op: 'onError', error: 'ignored' },
  { op: 'onError', error: 'notRecorded' },
  { op: 'onResult', value: 'bad' },
];

/** Records random calls of `execute` under a random configuration, in the format of the recorded traces. */
export async function recordOwnRun(seed: number): Promise<CircuitBreakerTrace> {
  const random = seededRandom(seed);
  const oneOf = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const config = randomConfig(oneOf);
  const clock = new FakeClock(startEpochMs);
  const trace = { id: `own-${seed}`, startEpochMs, features: [], config };
  const { breaker, events } = createSubject({ ...trace, steps: [], initial: undefined! }, clock);
  const initial = observe(breaker);
  const inFlight = new Map<number, { readonly work: Resolvers<unknown>; readonly startedAt: number }>();
  const steps: Step[] = [];

  for (let call = 0; steps.length < numberOfSteps; call++) {
    events.length = 0;
    let step: Pick<Step, 'op' | 'call' | 'result' | 'error' | 'value' | 'durationMs' | 'throws'>;
    const choice = random();
    if (choice < 0.4) {
      const work = withResolvers<unknown>();
      const running = breaker.execute(() => work.promise);
      let result = true;
      running.catch((error: unknown) => (result = !(error instanceof CallNotPermittedError)));
      await setImmediate();
      if (result) inFlight.set(call, { work, startedAt: clock.now() });
      step = { op: 'tryAcquirePermission', call, result };
    } else if (choice < 0.75 && inFlight.size > 0) {
      const [id, { work, startedAt }] = oneOf([...inFlight]);
      const ending = oneOf(endings);
      inFlight.delete(id);
      if (ending.error === undefined) work.resolve(ending.value);
      else work.reject(new errorsByName[ending.error]());
      await setImmediate();
      step = { ...ending, call: id, durationMs: clock.now() - startedAt };
    } else if (choice < 0.92) {
      // Less than any state lasts, so that at most one timer of a state fires.
      clock.advance(1 + Math.floor(random() * 4));
      step = { op: 'advance' };
    } else {
      const op = oneOf(manualOperations);
      const { thrown } = perform(breaker, { op, atMs: 0, after: {}, events: [] }, startEpochMs);
      step = { op, throws: thrown };
    }
    steps.push({ ...step, atMs: clock.now() - startEpochMs, after: observe(breaker), events: [...events] });
  }
  return { ...trace, initial, steps };
}

function randomConfig(oneOf: <T>(values: readonly T[]) => T): TraceConfig {
  return {
    slidingWindowType: oneOf(['COUNT_BASED', 'TIME_BASED']),
    slidingWindowSize: oneOf([1, 2, 3, 5]),
    minimumNumberOfCalls: oneOf([1, 2, 3]),
    failureRateThreshold: oneOf([1, 33.3, 50, 66.7, 100]),
    slowCallRateThreshold: oneOf([50, 66.7, 100]),
    slowCallDurationThresholdMs: oneOf([2, 5, 50]),
    permittedNumberOfCallsInHalfOpenState: oneOf([1, 2, 3]),
    ...oneOf([
      { waitDurationInOpenStateMs: 6 },
      { waitIntervalInOpenState: { initialMs: 5, multiplier: 1.5, maxMs: 20 } },
    ]),
    maxWaitDurationInHalfOpenStateMs: oneOf([0, 7]),
    transitionToStateAfterWaitDuration: oneOf(['OPEN', 'CLOSED']),
    automaticTransitionFromOpenToHalfOpenEnabled: oneOf([true, false]),
    initialState: oneOf(['CLOSED', 'CLOSED', 'HALF_OPEN', 'OPEN', 'METRICS_ONLY', 'DISABLED']),
  };
}
