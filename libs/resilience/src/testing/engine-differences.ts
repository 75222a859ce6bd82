import { ResilienceError } from '../core/errors.ts';
import { withResolvers } from '../core/with-resolvers.ts';
import {
  type CircuitBreakerScene,
  common,
  executeAborted,
  fail,
  NotFoundError,
  open,
  outage,
  reconfigure,
  succeed,
} from './circuit-breaker-contract.ts';
import { failureOf } from './policy-contract.ts';

/** A known difference between engines. */
export interface EngineDifference {
  /** What is observed, in which situation. */
  readonly title: string;
  /** Returns the value in `observed` for the engine. */
  readonly observe: (scene: CircuitBreakerScene) => Promise<number | string>;
  readonly observed: { readonly 'sliding-window': number | string; readonly opossum: number | string };
  /** Why opossum differs. */
  readonly reason: string;
}

const checksOnlyFailures = 'It checks its failure rate only when a call fails.';
const countsAllCalls = 'It divides the failures by all calls, including in-flight and refused ones.';
const hasTwoOutcomes = 'It has only success and failure, and filtered errors are successes.';
const recordsInCurrentState = 'The current state records a result, not the state that permitted the call.';
const makesTheCall = 'It makes the call itself and has no permissions without one.';
const hasFourStates = 'It has only the states CLOSED, OPEN and HALF_OPEN, and can be disabled.';

/** All known differences between the engines, except the options that opossum rejects. */
export const engineDifferences: readonly EngineDifference[] = [
  {
    title: 'state when a success is the call that reaches the minimum number of calls, and all others failed',
    observe: async (scene) => {
      const breaker = scene.make(common);
      await fail(breaker, 3);
      await succeed(breaker, 1);
      return breaker.state;
    },
    observed: { 'sliding-window': 'OPEN', opossum: 'CLOSED' },
    reason: checksOnlyFailures,
  },
  {
    title: 'failure rate after 2 failures and 2 successes, with 4 calls in flight',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, failureRateThreshold: 80 });
      for (let call = 0; call < 4; call++) void breaker.execute(() => new Promise(() => {}));
      await fail(breaker, 2);
      await succeed(breaker, 2);
      return breaker.metrics.failureRate;
    },
    observed: { 'sliding-window': 50, opossum: 25 },
    reason: countsAllCalls,
  },
  {
    title: 'failure rate in OPEN after 4 failures, with 4 calls refused',
    observe: async (scene) => {
      const breaker = scene.make(common);
      await fail(breaker, 4);
      for (let call = 0; call < 4; call++) await failureOf(breaker.execute(() => 'refused'));
      return breaker.metrics.failureRate;
    },
    observed: { 'sliding-window': 100, opossum: 50 },
    reason: countsAllCalls,
  },
  {
    title: 'successful calls after an ignored error',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, ignoreExceptions: [NotFoundError] });
      await fail(breaker, 1, new NotFoundError());
      return breaker.metrics.successfulCalls;
    },
    observed: { 'sliding-window': 0, opossum: 1 },
    reason: hasTwoOutcomes,
  },
  {
    title: 'state after the trial call ended with an ignored error',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, initialState: 'HALF_OPEN', ignoreExceptions: [NotFoundError] });
      await fail(breaker, 1, new NotFoundError());
      return breaker.state;
    },
    observed: { 'sliding-window': 'HALF_OPEN', opossum: 'CLOSED' },
    reason: hasTwoOutcomes,
  },
  {
    title: 'state after the caller aborted the trial call',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, initialState: 'HALF_OPEN' });
      await failureOf(executeAborted(breaker));
      return breaker.state;
    },
    observed: { 'sliding-window': 'HALF_OPEN', opossum: 'CLOSED' },
    reason: hasTwoOutcomes,
  },
  {
    title: 'state when a call that started in CLOSED succeeds in HALF_OPEN',
    observe: async (scene) => {
      const breaker = scene.make(common);
      const late = withResolvers<void>();
      const answer = breaker.execute(() => late.promise);
      await open(breaker);
      scene.advance(5_000);
      late.resolve();
      await answer;
      return breaker.state;
    },
    observed: { 'sliding-window': 'HALF_OPEN', opossum: 'CLOSED' },
    reason: recordsInCurrentState,
  },
  {
    title: 'state when a call that started in CLOSED fails in HALF_OPEN',
    observe: async (scene) => {
      const breaker = scene.make(common);
      const late = withResolvers<void>();
      const answer = failureOf(breaker.execute(() => late.promise));
      await open(breaker);
      scene.advance(5_000);
      late.reject(outage);
      await answer;
      return breaker.state;
    },
    observed: { 'sliding-window': 'HALF_OPEN', opossum: 'OPEN' },
    reason: recordsInCurrentState,
  },
  {
    title: 'state after the first failure since a successful HALF_OPEN',
    observe: async (scene) => {
      const breaker = scene.make(common);
      await fail(breaker, 4);
      scene.advance(5_000);
      await succeed(breaker, 1);
      await fail(breaker, 1);
      return breaker.state;
    },
    observed: { 'sliding-window': 'CLOSED', opossum: 'OPEN' },
    reason: 'It keeps its window across states: the failures that opened it still count after it has closed.',
  },
  {
    title: 'calls in the window after it was opened by hand, with 2 calls before',
    observe: async (scene) => {
      const breaker = scene.make(common);
      await succeed(breaker, 2);
      breaker.transitionToOpenState();
      return breaker.metrics.bufferedCalls;
    },
    observed: { 'sliding-window': 2, opossum: 0 },
    reason: 'It cannot empty its window, so each transition by hand creates a new opossum.',
  },
  {
    title: 'calls in the window after `reconfigure` with another threshold, with 2 calls before',
    observe: async (scene) => {
      const breaker = scene.make(common);
      await succeed(breaker, 2);
      reconfigure(breaker, { ...common, failureRateThreshold: 60 });
      return breaker.metrics.bufferedCalls;
    },
    observed: { 'sliding-window': 2, opossum: 0 },
    reason: 'Its options are fixed, so other options create a new opossum in the same state.',
  },
  {
    title: 'remaining wait after `reconfigure`, 2 s into a wait of 5 s',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, initialState: 'OPEN' });
      scene.advance(2_000);
      reconfigure(breaker, common);
      return `${breaker.remainingMs} ms`;
    },
    observed: { 'sliding-window': '3000 ms', opossum: '5000 ms' },
    reason: 'Its options are fixed, so other options create a new opossum in the same state.',
  },
  {
    title: 'state after 3 failures of 7 calls, at a threshold of 42.857143 %',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, minimumNumberOfCalls: 7, failureRateThreshold: 42.857143 });
      await succeed(breaker, 4);
      await fail(breaker, 3);
      return breaker.state;
    },
    observed: { 'sliding-window': 'OPEN', opossum: 'CLOSED' },
    reason: 'It computes in 64 bits, not in 32 as Resilience4j does.',
  },
  {
    title: 'calls in a window of 10 s, 9.2 s after a call, when the window began at half a second',
    observe: async (scene) => {
      scene.advance(500);
      const breaker = scene.make(common);
      scene.advance(400);
      await succeed(breaker, 1);
      scene.advance(9_200);
      return breaker.metrics.bufferedCalls;
    },
    observed: { 'sliding-window': 0, opossum: 1 },
    reason: 'It divides its window into seconds since its creation, not into whole seconds of the clock.',
  },
  {
    title: 'state after 5 s in OPEN on the injected clock only',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, initialState: 'OPEN' });
      scene.clock.advance(5_000);
      return breaker.state;
    },
    observed: { 'sliding-window': 'HALF_OPEN', opossum: 'OPEN' },
    reason: 'It uses Date.now and setTimeout; no clock can be injected.',
  },
  {
    title: 'timers of an idle circuit breaker',
    observe: async (scene) => {
      scene.make(common);
      return scene.pendingTimers();
    },
    observed: { 'sliding-window': 0, opossum: 1 },
    reason: 'It moves its window by a timer each second. The timer does not keep the process alive.',
  },
  {
    title: 'state after the circuit breaker was disposed in OPEN',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, initialState: 'OPEN' });
      breaker.dispose();
      return breaker.state;
    },
    observed: { 'sliding-window': 'OPEN', opossum: 'DISABLED' },
    reason: 'Its shutdown disables it. Calls are permitted after it on both engines.',
  },
  ...(['acquirePermission', 'tryAcquirePermission', 'releasePermission'] as const).map((operation) => ({
    title: `\`${operation}()\``,
    observe: async (scene: CircuitBreakerScene) => attempt(() => scene.make(common)[operation]()),
    observed: { 'sliding-window': 'done', opossum: 'UNSUPPORTED_BY_ENGINE' },
    reason: makesTheCall,
  })),
  ...(['onSuccess', 'onError', 'onResult'] as const).map((operation) => ({
    title: `\`${operation}()\``,
    observe: async (scene: CircuitBreakerScene) => attempt(() => scene.make(common)[operation](1, outage)),
    observed: { 'sliding-window': 'done', opossum: 'UNSUPPORTED_BY_ENGINE' },
    reason: makesTheCall,
  })),
  ...(['transitionToForcedOpenState', 'transitionToMetricsOnlyState'] as const).map((operation) => ({
    title: `\`${operation}()\``,
    observe: async (scene: CircuitBreakerScene) => attempt(() => scene.make(common)[operation]()),
    observed: { 'sliding-window': 'done', opossum: 'UNSUPPORTED_BY_ENGINE' },
    reason: hasFourStates,
  })),
  ...(['transitionToOpenStateFor', 'transitionToOpenStateUntil'] as const).map((operation) => ({
    title: `\`${operation}()\``,
    observe: async (scene: CircuitBreakerScene) => attempt(() => scene.make(common)[operation](2_000_000_000_000)),
    observed: { 'sliding-window': 'done', opossum: 'UNSUPPORTED_BY_ENGINE' },
    reason: 'Its wait in OPEN is always the same.',
  })),
];

function attempt(operation: () => unknown): string {
  try {
    operation();
    return 'done';
  } catch (error) {
    if (error instanceof ResilienceError) return error.code;
    throw error;
  }
}
