import {
  CallNotPermittedError,
  IllegalStateTransitionError,
} from '../src/core/circuit-breaker/circuit-breaker.errors.ts';
import type { CircuitBreakerOptions } from '../src/core/circuit-breaker/circuit-breaker.options.ts';
import type { StateName } from '../src/core/circuit-breaker/circuit-breaker.transitions.ts';
import { CircuitBreaker } from '../src/core/circuit-breaker/circuit-breaker.ts';
import { type Bounds, type Call, CallsWorld } from './calls-world.ts';
import { mustBe } from './explorer.ts';

interface Recorded {
  isFailed: boolean;
  readonly isSlow: boolean;
}

/** What the world knows of a permitted call. */
interface Permitted {
  /** The number of states that had been entered before: a result of an earlier state decides nothing. */
  readonly issuer: number;
  /** Its entry, once it is recorded as slow while it is in flight. */
  entry?: Recorded;
}

const manualOperations: Readonly<Record<string, StateName>> = {
  'manual close': 'CLOSED',
  'manual open': 'OPEN',
  'manual half-open': 'HALF_OPEN',
  'manual force-open': 'FORCED_OPEN',
  'manual disable': 'DISABLED',
  'manual metrics-only': 'METRICS_ONLY',
};

/** Stated here once more, so that a mistake in the table of the library is found. */
function isLegal(from: StateName, to: StateName): boolean {
  if (from === 'CLOSED') return to !== 'HALF_OPEN';
  return from !== 'METRICS_ONLY' || (to !== 'OPEN' && to !== 'HALF_OPEN');
}

/** The windows of all scopes: short, so that four calls fill them more than once. */
const common = {
  slidingWindowSize: 2,
  minimumNumberOfCalls: 2,
  failureRateThreshold: 50,
  slowCallRateThreshold: 100,
  slowCallDurationThreshold: 5,
  permittedNumberOfCallsInHalfOpenState: 2,
  waitDurationInOpenState: 10,
} satisfies CircuitBreakerOptions;

type WorldOptions = typeof common &
  Pick<
    CircuitBreakerOptions,
    'initialState' | 'automaticTransitionFromOpenToHalfOpenEnabled' | 'slowCallsInFlightEnabled' | 'abortCallsOnOpen'
  > & { readonly maxWaitDurationInHalfOpenState?: number };

/** Concurrent calls under a real circuit breaker. */
export class CircuitBreakerWorld extends CallsWorld {
  protected readonly policy: CircuitBreaker;
  protected override readonly manualSteps: readonly string[];
  readonly #options: WorldOptions;
  readonly #permitted = new Map<Call, Permitted>();
  /** Those that the circuit breaker has made, and those that it must have made. */
  readonly #transitions: string[] = [];
  readonly #expected: string[] = [];
  #state: StateName;
  #entered = 0;
  #window: Recorded[] = [];
  #windowSize: number;
  #permits = 0;
  /** Which of the entered states were those that abort calls. */
  readonly #openings: number[] = [];
  /** The end of OPEN or HALF_OPEN by the clock. */
  #endsAt = Number.POSITIVE_INFINITY;
  #lastTick: number;

  constructor(bounds: Bounds, options: Partial<WorldOptions> = {}, manual = Object.keys(manualOperations)) {
    super(bounds);
    this.manualSteps = manual;
    this.#options = { ...common, ...options };
    this.policy = new CircuitBreaker('customer', this.#options, { clock: this.clock });
    this.policy.on('STATE_TRANSITION', ({ fromState, toState }) => {
      this.must(`whether ${fromState} → ${toState} is legal`, isLegal(fromState, toState), true);
      this.#transitions.push(`${fromState} → ${toState}`);
    });
    this.#state = 'CLOSED';
    this.#windowSize = common.slidingWindowSize;
    this.#lastTick = this.clock.now();
    const { initialState = 'CLOSED' } = options;
    if (initialState !== 'CLOSED') this.#enter(initialState);
    this.#expected.length = 0;
  }

  protected onStart(call: Call): void {
    const isPermitted = this.#takePermission();
    mustBe(`whether call ${call.id} is permitted in ${this.#state}`, call.contexts.length > 0, isPermitted);
    if (isPermitted) this.#permitted.set(call, { issuer: this.#entered });
    else this.refused(call);
  }

  protected onEnd(call: Call): void {
    const permitted = this.#permitted.get(call)!;
    if (permitted.issuer !== this.#entered) {
      this.seen.add('late result');
      return;
    }
    const isSlow = this.clock.now() - call.startedAt > common.slowCallDurationThreshold;
    if (isSlow) this.seen.add('slow');
    const isFailed = (call.ended === 'failure' || call.ended === 'timeout') && !call.isAborted;
    const isIgnored = call.ended === 'refusal' || (call.ended !== 'success' && !isFailed && !isSlow);
    if (permitted.entry !== undefined) {
      if (!isFailed) return;
      permitted.entry.isFailed = true;
      this.#judge();
    } else if (isIgnored) {
      this.#permits++;
    } else {
      this.#record({ isFailed, isSlow });
    }
  }

  /** Time ends states and makes calls slow, in its order. */
  protected onTick(): void {
    const until = this.clock.now();
    for (let now = this.#lastTick + 1; now <= until; now++) {
      if (now === this.#endsAt && this.#state === 'OPEN' && this.#isAutomatic) this.#enter('HALF_OPEN', now);
      else if (now === this.#endsAt && this.#state === 'HALF_OPEN') this.#enter('OPEN', now);
      if (this.#options.slowCallsInFlightEnabled === true) this.#recordSlowCalls(now);
    }
    this.#lastTick = until;
  }

  protected override onManual(operation: string): void {
    const to = manualOperations[`manual ${operation}`]!;
    const mayChange = isLegal(this.#state, to);
    let isRefused = false;
    try {
      this.#transition(to);
    } catch (error) {
      if (!(error instanceof IllegalStateTransitionError)) throw error;
      isRefused = true;
    }
    mustBe(`whether ${this.#state} → ${to} is refused`, isRefused, !mayChange);
    if (mayChange) this.#enter(to);
    this.seen.add(mayChange ? 'manual transition' : 'illegal transition');
  }

  protected override historyOf(call: Call): string {
    return String(this.#permitted.get(call)?.issuer);
  }

  protected check(): void {
    const { state, metrics } = this.policy;
    mustBe('the transitions', this.#transitions, this.#expected);
    mustBe('the state', state, this.#state);
    mustBe('the recorded calls', metrics.bufferedCalls, this.#window.length);
    mustBe(
      'the failed calls',
      metrics.failedCalls,
      this.#count(({ isFailed }) => isFailed),
    );
    mustBe(
      'the slow calls',
      metrics.slowCalls,
      this.#count(({ isSlow }) => isSlow),
    );
    mustBe('the timers', this.clock.pendingTimers > this.#mostTimers(), false);
    if (this.#options.abortCallsOnOpen === true) this.#checkSignals();
  }

  override finish(): void {
    super.finish();
    for (const { ended, result } of this.calls) {
      if (ended !== 'refused') continue;
      mustBe(
        'the error',
        result !== undefined && 'error' in result && result.error instanceof CallNotPermittedError,
        true,
      );
    }
    // No permit has leaked: a trial that waits for results must be able to get them.
    if (this.#state !== 'HALF_OPEN') return;
    const trials = this.#permits;
    mustBe('the free permits', trials > 0 && trials + this.#window.length === this.#windowSize, true);
    for (let trial = 0; trial < trials; trial++) mustBe('a free permit', this.policy.tryAcquirePermission(), true);
    mustBe('a permit beyond the limit', this.policy.tryAcquirePermission(), false);
  }

  get #isAutomatic(): boolean {
    return this.#options.automaticTransitionFromOpenToHalfOpenEnabled === true;
  }

  #transition(to: StateName): void {
    switch (to) {
      case 'CLOSED':
        return this.policy.transitionToClosedState();
      case 'OPEN':
        return this.policy.transitionToOpenState();
      case 'HALF_OPEN':
        return this.policy.transitionToHalfOpenState();
      case 'FORCED_OPEN':
        return this.policy.transitionToForcedOpenState();
      case 'DISABLED':
        return this.policy.transitionToDisabledState();
      case 'METRICS_ONLY':
        return this.policy.transitionToMetricsOnlyState();
    }
  }

  #takePermission(): boolean {
    if (this.#state === 'OPEN' && this.clock.now() > this.#endsAt) this.#enter('HALF_OPEN');
    if (this.#state === 'OPEN' || this.#state === 'FORCED_OPEN') return false;
    if (this.#state !== 'HALF_OPEN') return true;
    if (this.#permits === 0) return false;
    this.#permits--;
    return true;
  }

  #record(entry: Recorded): void {
    if (this.#state === 'DISABLED') return;
    this.#window.push(entry);
    if (this.#window.length > this.#windowSize) this.#window.shift();
    this.#judge();
  }

  #judge(): void {
    if (this.#window.length < this.#windowSize) return;
    const failureRate = (100 * this.#count(({ isFailed }) => isFailed)) / this.#windowSize;
    const slowCallRate = (100 * this.#count(({ isSlow }) => isSlow)) / this.#windowSize;
    const isReached = failureRate >= common.failureRateThreshold || slowCallRate >= common.slowCallRateThreshold;
    if (this.#state === 'HALF_OPEN') this.#enter(isReached ? 'OPEN' : 'CLOSED');
    else if (this.#state === 'CLOSED' && isReached) this.#enter('OPEN');
  }

  #recordSlowCalls(now: number): void {
    for (const [call, permitted] of this.#permitted) {
      const hasEnded = call.result !== undefined;
      if (hasEnded || permitted.entry !== undefined || permitted.issuer !== this.#entered) continue;
      if (now - call.startedAt <= common.slowCallDurationThreshold) continue;
      const entry = { isFailed: false, isSlow: true };
      permitted.entry = entry;
      this.seen.add('slow in flight');
      this.#record(entry);
    }
  }

  #enter(to: StateName, now = this.clock.now()): void {
    this.#entered++;
    if (this.#state !== to) {
      this.#expected.push(`${this.#state} → ${to}`);
      if (to === 'OPEN' || to === 'FORCED_OPEN') this.#openings.push(this.#entered);
    }
    const { waitDurationInOpenState, maxWaitDurationInHalfOpenState } = this.#options;
    const wait = { OPEN: waitDurationInOpenState, HALF_OPEN: maxWaitDurationInHalfOpenState }[to as 'OPEN'] || Infinity;
    this.#endsAt = now + wait;
    this.#state = to;
    this.#permits = common.permittedNumberOfCallsInHalfOpenState;
    // OPEN keeps the window that caused it.
    if (to === 'OPEN') return;
    this.#window = [];
    this.#windowSize = to === 'HALF_OPEN' ? common.permittedNumberOfCallsInHalfOpenState : common.slidingWindowSize;
  }

  #count(isCounted: (entry: Recorded) => boolean): number {
    return this.#window.filter(isCounted).length;
  }

  /** One for the state, and one for the oldest call that may become slow. */
  #mostTimers(): number {
    const ofState = this.#state === 'HALF_OPEN' || (this.#state === 'OPEN' && this.#isAutomatic);
    const isTimed = ofState && Number.isFinite(this.#endsAt);
    return (isTimed ? 1 : 0) + (this.#options.slowCallsInFlightEnabled === true ? 1 : 0);
  }

  /** A call that began before the circuit breaker opened is aborted, and no other. */
  #checkSignals(): void {
    for (const [call, { issuer }] of this.#permitted) {
      if (!this.isInFlight(call) || call.isAborted) continue;
      const hasOpenedSince = this.#openings.some((entered) => entered > issuer);
      mustBe(`whether the signal of call ${call.id} is aborted`, call.contexts[0]!.signal.aborted, hasOpenedSince);
    }
  }
}
