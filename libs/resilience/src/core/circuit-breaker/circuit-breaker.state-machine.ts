import type { Clock } from '../clock.ts';
import type { Random } from '../interval-function.ts';
import { isFraction, isWait, type UserFunctions } from '../user-function.ts';
import { IllegalStateTransitionError } from './circuit-breaker.errors.ts';
import type { EmitCircuitBreakerEvent } from './circuit-breaker.events.ts';
import { configuredWindow, WindowMetrics } from './circuit-breaker.metrics.ts';
import { type CircuitBreakerConfig, defaultWaitInOpenMs } from './circuit-breaker.options.ts';
import {
  ClosedState,
  DisabledState,
  DisposedState,
  HalfOpenState,
  type Machine,
  type State,
} from './circuit-breaker.states.ts';
import { legalTransitions, type StateName } from './circuit-breaker.transitions.ts';
import { OpenState } from './open-state.ts';

/** What a state machine uses of its circuit breaker. */
export interface StateMachineOwner {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly userFunctions: UserFunctions;
  readonly emit: EmitCircuitBreakerEvent;
  /** Called after each transition to OPEN or FORCED_OPEN. */
  readonly onOpen: () => void;
}

/** Holds the current state and its options, and makes the transitions that the table allows. */
export class StateMachine implements Machine {
  readonly clock: Clock;
  readonly emit: EmitCircuitBreakerEvent = (type, details, creationTime) => {
    if (this.#state.isRecording) this.#owner.emit(type, details, creationTime);
  };
  readonly #owner: StateMachineOwner;
  #config: CircuitBreakerConfig;
  #state: State;

  constructor(config: CircuitBreakerConfig, owner: StateMachineOwner) {
    this.clock = owner.clock;
    this.#owner = owner;
    this.#config = config;
    const { initialState } = config;
    this.#state = this.#create(initialState, initialState === 'HALF_OPEN' ? 1 : 0, this.#emptyWindow());
    this.#state.enter();
  }

  get config(): CircuitBreakerConfig {
    return this.#config;
  }

  get state(): State {
    return this.#state;
  }

  get isDisposed(): boolean {
    return this.#state instanceof DisposedState;
  }

  tryAcquirePermission(): boolean {
    return this.#state.tryAcquirePermission();
  }

  transition(from: State, to: StateName | State): void {
    if (from !== this.#state || this.isDisposed) return;
    const toName = typeof to === 'string' ? to : to.name;
    if (!legalTransitions[from.name].includes(toName)) {
      throw new IllegalStateTransitionError(this.#owner.name, from.name, toName);
    }
    const next = typeof to === 'string' ? this.#create(to, from.attempt, from.metrics) : to;
    from.leave();
    this.#state = next;
    next.enter();
    if (from.name === toName) return;
    this.#owner.emit('STATE_TRANSITION', { fromState: from.name, toState: toName });
    if (toName === 'OPEN' || toName === 'FORCED_OPEN') this.#owner.onOpen();
  }

  /** Leaves the current state. @throws IllegalStateTransitionError when the table does not contain the transition */
  transitionTo(to: StateName): void {
    this.transition(this.#state, to);
  }

  /** To OPEN until `time`, in milliseconds since the Unix epoch; not counted as an attempt. */
  openUntil(time: number): void {
    const { attempt, metrics } = this.#state;
    this.transition(this.#state, new OpenState(this, attempt, metrics, time));
  }

  reconfigure(config: CircuitBreakerConfig): void {
    const before = this.#config;
    this.#config = config;
    this.#state.reconfigure(before);
  }

  /** Stops timers and probes and makes no further transition. */
  dispose(): void {
    this.#state.leave();
    this.#state = new DisposedState(this, this.#state);
  }

  /** @param attempt and `metrics` of the previous state */
  #create(name: StateName, attempt: number, metrics: WindowMetrics): State {
    switch (name) {
      case 'CLOSED':
      case 'METRICS_ONLY':
        return new ClosedState(this, name);
      case 'OPEN':
        return new OpenState(this, attempt + 1, metrics, this.clock.now() + this.#waitMs(attempt + 1));
      case 'HALF_OPEN':
        return new HalfOpenState(this, attempt);
      case 'FORCED_OPEN':
        return new OpenState(this, attempt + 1, this.#emptyWindow(), undefined);
      case 'DISABLED':
        return new DisabledState(this);
    }
  }

  #emptyWindow(): WindowMetrics {
    return new WindowMetrics(configuredWindow, this.#config, this.clock);
  }

  #waitMs(attempt: number): number {
    const {
      waitDurationInOpenState = defaultWaitInOpenMs,
      waitIntervalFunctionInOpenState,
      waitJitterFactor,
    } = this.#config;
    const waitMs =
      waitIntervalFunctionInOpenState === undefined
        ? waitDurationInOpenState
        : this.#owner.userFunctions.call(
            'waitIntervalFunctionInOpenState',
            waitIntervalFunctionInOpenState,
            [attempt],
            isWait,
            'a finite number of milliseconds of at least 0',
            waitDurationInOpenState,
          );
    if (waitJitterFactor === 0) return waitMs;
    const { random, userFunctions } = this.#owner;
    const share = userFunctions.call('random', random, [], isFraction, 'a number of at least 0 and below 1', 0);
    return waitMs * (1 + waitJitterFactor * share);
  }
}
