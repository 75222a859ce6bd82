import { BulkheadFullError } from '../src/core/bulkhead/bulkhead.errors.ts';
import { TimeoutExceededError } from '../src/core/time-limiter/time-limiter.errors.ts';
import { type Resolvers, withResolvers } from '../src/core/with-resolvers.ts';
import type { CallContext, Policy } from '../src/core/policy.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { InvariantViolation, mustBe, type World } from './explorer.ts';

/**
 * How a call ends. `abort`: its caller aborts and the call rejects. `leave`: its caller aborts and the call continues, to
 * end later as it likes. `refusal`: a policy inside refuses it. A call that ends after a tick is slow; one that ends in a
 * later state is late.
 */
export type Outcome = 'success' | 'failure' | 'timeout' | 'abort' | 'leave' | 'refusal';

export const allOutcomes: readonly Outcome[] = ['success', 'failure', 'timeout', 'abort', 'leave', 'refusal'];

/** Which steps a world offers. */
export interface Bounds {
  readonly calls: number;
  readonly outcomes: readonly Outcome[];
  /** How many times the clock may advance, each time by `tickMs`. */
  readonly ticks: number;
  readonly tickMs: number;
  /** How many of the world's manual operations may be performed. */
  readonly manual: number;
  /**
   * Whether a step may come before the promise reactions of the steps before it have run. Then `run` is a step of its own.
   * Otherwise all of them run after each step.
   */
  readonly isFine?: boolean;
  /**
   * Partial-order reduction: of calls that have the same history, only the first one gets the next step. Any other order of
   * theirs is the same but for their numbers.
   */
  readonly isReduced?: boolean;
}

/** A call and its caller. */
export interface Call {
  readonly id: number;
  readonly startedAt: number;
  readonly controller: AbortController;
  /** Of the current attempt. */
  work: Resolvers<string>;
  /** The contexts that the work got; one for each attempt. */
  readonly contexts: CallContext[];
  /** What the caller got. */
  result: { readonly value: string } | { readonly error: unknown } | undefined;
  /** How the test ended the work, or why it was never made. */
  ended: Outcome | 'refused' | undefined;
  isAborted: boolean;
}

const { setImmediate } = globalThis;

/** Lets all promise reactions run. */
function reactions(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A world of concurrent calls under one policy. Its subclasses say what the policy must do. */
export abstract class CallsWorld implements World {
  readonly clock = new FakeClock();
  readonly calls: Call[] = [];
  readonly seen = new Set<string>();
  protected readonly bounds: Bounds;
  protected abstract readonly policy: Policy & { readonly usage?: { readonly inFlightCalls: number } };
  #ticksLeft: number;
  #manualLeft: number;
  /** Those whose end the policy has not seen yet. */
  readonly #endedWork: Call[] = [];
  #hasReactions = false;
  #violation: unknown;

  constructor(bounds: Bounds) {
    this.bounds = bounds;
    this.#ticksLeft = bounds.ticks;
    this.#manualLeft = bounds.manual;
  }

  choices(): readonly string[] {
    const choices: string[] = [];
    const isComplete = this.calls.length === this.bounds.calls && this.calls.every((call) => this.#hasEnded(call));
    if (this.#hasReactions) choices.push('run');
    if (isComplete) return choices;
    if (this.calls.length < this.bounds.calls) choices.push('start');
    const histories = new Set<string>();
    for (const call of this.calls) {
      const outcomes = this.#hasEnded(call) ? [] : this.outcomesOf(call);
      if (outcomes.length === 0) continue;
      if (this.bounds.isReduced === true) {
        const history = `${call.startedAt} ${call.isAborted} ${this.historyOf(call)}`;
        if (histories.has(history)) continue;
        histories.add(history);
      }
      for (const outcome of outcomes) choices.push(`${outcome} ${call.id}`);
    }
    if (this.#ticksLeft > 0) choices.push('tick');
    if (this.#manualLeft > 0) choices.push(...this.manualSteps);
    return choices;
  }

  perform(step: string): void | Promise<void> {
    const [word, id] = step.split(' ');
    switch (word) {
      case 'run':
        return this.#run();
      case 'start':
        this.#start();
        break;
      case 'tick':
        this.#ticksLeft--;
        this.clock.advance(this.bounds.tickMs);
        this.onTick();
        break;
      case 'manual':
        this.#manualLeft--;
        this.onManual(step.slice('manual '.length));
        break;
      default:
        this.#end(this.calls[Number(id)]!, word as Outcome);
    }
    this.#hasReactions = true;
    if (this.bounds.isFine !== true) return this.#run();
    this.check();
  }

  finish(): void {
    this.#throwViolation();
    for (const call of this.calls) {
      const { ended, result, id } = call;
      if (result === undefined) throw new InvariantViolation(`call ${id} must have a result`);
      if (ended !== 'refused') mustBe(`the result of call ${id}`, result, this.#resultOf(call));
    }
    mustBe('the number of calls in flight at the end', this.policy.usage?.inFlightCalls ?? 0, 0);
    this.check();
  }

  /** The manual operations, each as `manual …`. */
  protected readonly manualSteps: readonly string[] = [];

  protected onManual(_operation: string): void {}

  /** The ways in which a call can end now. */
  protected outcomesOf({ isAborted }: Call): readonly Outcome[] {
    const { outcomes } = this.bounds;
    return isAborted ? outcomes.filter((outcome) => outcome === 'success' || outcome === 'failure') : outcomes;
  }

  /** What distinguishes calls with different histories, except start and abort. */
  protected historyOf(_call: Call): string {
    return '';
  }

  /** The policy has just been called: whether it has started the work is visible in `contexts`. */
  protected abstract onStart(call: Call): void;

  /** The clock has advanced and all timers that were due have fired. */
  protected abstract onTick(): void;

  /** The caller has aborted a call whose work is not in flight. */
  protected onAbort(_call: Call): void {}

  /** For checks in listeners and in work, whose errors do not reach the explorer. */
  protected must(what: string, actual: unknown, expected: unknown): void {
    try {
      mustBe(what, actual, expected);
    } catch (violation) {
      this.#violation ??= violation;
    }
  }

  /** Whether all promise reactions have run. */
  protected get isSettled(): boolean {
    return !this.#hasReactions;
  }

  /** The policy has seen the end of the work. */
  protected abstract onEnd(call: Call): void;

  /** The promise reactions have run. */
  protected onRun(): void {}

  /** Compares the policy with what it must be. @throws InvariantViolation */
  protected abstract check(): void;

  /** A call that was never made. */
  protected refused(call: Call): void {
    call.ended = 'refused';
    this.seen.add('refused');
  }

  protected isInFlight(call: Call): boolean {
    return call.contexts.length > 0 && !this.#hasEnded(call);
  }

  #hasEnded({ ended }: Call): boolean {
    return ended !== undefined && ended !== 'leave';
  }

  #start(): void {
    const call: Call = {
      id: this.calls.length,
      startedAt: this.clock.now(),
      controller: new AbortController(),
      work: withResolvers(),
      contexts: [],
      result: undefined,
      ended: undefined,
      isAborted: false,
    };
    this.calls.push(call);
    const { signal } = call.controller;
    const work = (context: CallContext): Promise<string> => {
      call.contexts.push(context);
      return this.workOf(call);
    };
    this.policy.execute(work, { signal }).then(
      (value) => void (call.result = { value }),
      (error: unknown) => void (call.result = { error }),
    );
    this.onStart(call);
  }

  /** The work of the next attempt. */
  protected workOf(call: Call): Promise<string> {
    return call.work.promise;
  }

  #end(call: Call, outcome: Outcome): void {
    this.seen.add(outcome);
    const wasInFlight = this.isInFlight(call);
    call.ended = outcome;
    if (outcome === 'abort' || outcome === 'leave') {
      call.isAborted = true;
      call.controller.abort(abortReason);
      if (!wasInFlight) return this.onAbort(call);
    }
    if (outcome === 'leave') return;
    if (outcome === 'success') call.work.resolve(`value ${call.id}`);
    else call.work.reject(errors[outcome]);
    this.#endedWork.push(call);
  }

  async #run(): Promise<void> {
    await reactions();
    this.#hasReactions = false;
    for (const call of this.#endedWork.splice(0)) this.onEnd(call);
    this.onRun();
    this.#throwViolation();
    this.check();
  }

  #throwViolation(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }

  #resultOf({ id, ended }: Call): Call['result'] {
    if (ended === 'success') return { value: `value ${id}` };
    return { error: errors[ended as keyof typeof errors] };
  }
}

export const abortReason = new Error('aborted');

const errors = {
  failure: new Error('failure'),
  timeout: new TimeoutExceededError('customer', 1, 'timeoutDuration'),
  abort: abortReason,
  refusal: new BulkheadFullError('customer', 1, 0),
};
