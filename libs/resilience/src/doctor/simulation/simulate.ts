import { Bulkhead } from '../../core/bulkhead/bulkhead.ts';
import { BulkheadFullError } from '../../core/bulkhead/bulkhead.errors.ts';
import { CallNotPermittedError } from '../../core/circuit-breaker/circuit-breaker.errors.ts';
import { CircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.ts';
import type { StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import { Deadline, DeadlineExceededError } from '../../core/deadline.ts';
import type { Random } from '../../core/interval-function.ts';
import { Pipeline } from '../../core/pipeline.ts';
import type { Policy } from '../../core/policy.ts';
import { RateLimitExceededError } from '../../core/rate-limiter/rate-limiter.errors.ts';
import { RateLimiter } from '../../core/rate-limiter/rate-limiter.ts';
import { RetryBudgetRegistry } from '../../core/retry/retry-budget.registry.ts';
import { Retry } from '../../core/retry/retry.ts';
import { TimeoutExceededError } from '../../core/time-limiter/time-limiter.errors.ts';
import { TimeLimiter } from '../../core/time-limiter/time-limiter.ts';
import { wait } from '../../core/wait.ts';
import { type Instance, orderOf, type Pattern } from '../instance.ts';
import type { Outage } from './outage.ts';
import { SimulatedDependency } from './simulated-dependency.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What a caller saw of its call. */
export const outcomes = [
  'answered',
  'failed',
  'timedOut',
  'notPermitted',
  'bulkheadFull',
  'rateLimited',
  'gaveUp',
] as const;

export type Outcome = (typeof outcomes)[number];

/** A caller's call, however often it was attempted. Times are from the beginning, in milliseconds. */
export interface SimulatedCall {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: Outcome;
}

export interface SimulatedTransition {
  readonly atMs: number;
  readonly fromState: StateName;
  readonly toState: StateName;
  /** How many calls had ended in the circuit breaker by then, the one that caused it included; refused ones are not. */
  readonly afterCalls: number;
  /** Percent; what was seen when it opened. -1 when there were too few calls to say. */
  readonly failureRate?: number;
  readonly slowCallRate?: number;
}

/** What happened. */
export interface Simulation {
  readonly instance: string;
  /** When the last call had ended. */
  readonly endedAtMs: number;
  readonly initialState: StateName | undefined;
  readonly finalState: StateName | undefined;
  readonly transitions: readonly SimulatedTransition[];
  /** In the order of their beginning. */
  readonly calls: readonly SimulatedCall[];
  /** When the dependency was called: each attempt, and no call that was refused. */
  readonly dependencyCallsAtMs: readonly number[];
}

/** A whole second: time windows are cut at whole seconds, and the figures should come out the same every time. */
const startAt = 1_700_000_000_000;
const mostCalls = 200_000;
const defaultTailMs = 60_000;
const defaultPauseMs = 100;

/**
 * Plays an outage through the real policies of an instance, in virtual time.
 *
 * @param environment where jitter gets its numbers from; by default always the middle, so that results are repeatable
 * @throws RangeError when neither a rate nor a number of callers is given, or when more than 200,000 calls would be made
 */
export async function simulate(
  instance: Instance,
  outage: Outage,
  environment: { readonly random?: Random } = {},
): Promise<Simulation> {
  if (outage.ratePerSecond === undefined && outage.concurrency === undefined) {
    throw new RangeError('A simulation needs calls: give a rate, or a number of concurrent callers.');
  }
  const clock = new VirtualClock(startAt);
  const play = new Play(instance, outage, clock, environment.random ?? (() => 0.5));
  return clock.run(play.run());
}

class Play {
  readonly #instance: Instance;
  readonly #outage: Outage;
  readonly #clock: VirtualClock;
  readonly #dependency: SimulatedDependency;
  readonly #pipeline: Pipeline;
  readonly #circuitBreaker: CircuitBreaker | undefined;
  readonly #transitions: SimulatedTransition[] = [];
  readonly #calls: SimulatedCall[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #endedInBreaker = 0;

  constructor(instance: Instance, outage: Outage, clock: VirtualClock, random: Random) {
    this.#instance = instance;
    this.#outage = outage;
    this.#clock = clock;
    this.#dependency = new SimulatedDependency(outage, instance, clock);
    const policies = makePolicies(instance, clock, random);
    this.#circuitBreaker = policies.get('circuitBreaker') as CircuitBreaker | undefined;
    this.#pipeline = new Pipeline(
      instance.name,
      orderOf(instance).flatMap((pattern) => policies.get(pattern) ?? []),
    );
    if (this.#circuitBreaker !== undefined) this.#watch(this.#circuitBreaker);
  }

  async run(): Promise<Simulation> {
    const initialState = this.#circuitBreaker?.state;
    await this.#makeCalls();
    await Promise.all(this.#underWay);
    const finalState = this.#circuitBreaker?.state;
    this.#circuitBreaker?.dispose();
    return {
      instance: this.#instance.name,
      endedAtMs: this.#nowMs(),
      initialState,
      finalState,
      transitions: this.#transitions,
      calls: this.#calls.toSorted((a, b) => a.startedAtMs - b.startedAtMs),
      dependencyCallsAtMs: this.#dependency.callsAtMs,
    };
  }

  async #makeCalls(): Promise<void> {
    const { ratePerSecond, concurrency = Number.POSITIVE_INFINITY, calls = Number.POSITIVE_INFINITY } = this.#outage;
    const intervalMs = ratePerSecond === undefined ? 0 : 1_000 / ratePerSecond;
    const endMs = untilMs(this.#outage);
    let dueMs = 0;
    for (let made = 0; made < calls; made++) {
      if (made === mostCalls) {
        throw new RangeError(
          `The simulation of '${this.#instance.name}' would make more than ${mostCalls} calls: make it shorter, or the rate lower.`,
        );
      }
      while (this.#underWay.size >= concurrency) await Promise.race(this.#underWay);
      // Callers who were all busy do not make up for it afterwards.
      dueMs = Math.max(dueMs, this.#nowMs());
      if (dueMs >= endMs) return;
      await wait(this.#clock, dueMs - this.#nowMs());
      this.#start();
      dueMs += intervalMs;
    }
  }

  #start(): void {
    const call = this.#makeCall().finally(() => void this.#underWay.delete(call));
    this.#underWay.add(call);
  }

  async #makeCall(): Promise<void> {
    const startedAtMs = this.#nowMs();
    const outcome = await this.#callAndSee();
    const endedAtMs = this.#nowMs();
    this.#calls.push({ startedAtMs, endedAtMs, outcome });
    const { pauseMs = this.#outage.calls === undefined ? defaultPauseMs : 0, ratePerSecond } = this.#outage;
    if (endedAtMs === startedAtMs && ratePerSecond === undefined) await wait(this.#clock, pauseMs);
  }

  async #callAndSee(): Promise<Outcome> {
    const { callerDeadlineMs } = this.#outage;
    const caller = new AbortController();
    const cancelDeadline =
      callerDeadlineMs === undefined
        ? undefined
        : this.#clock.schedule(callerDeadlineMs, () => caller.abort(new Error('The caller has given up.')));
    const deadline = callerDeadlineMs === undefined ? undefined : Deadline.after(callerDeadlineMs, this.#clock);
    try {
      await this.#pipeline.execute((context) => this.#dependency.call(context), { signal: caller.signal, deadline });
      return 'answered';
    } catch (error) {
      return caller.signal.aborted ? 'gaveUp' : outcomeOf(error);
    } finally {
      cancelDeadline?.();
    }
  }

  #watch(circuitBreaker: CircuitBreaker): void {
    for (const type of ['SUCCESS', 'ERROR', 'IGNORED_ERROR'] as const) {
      circuitBreaker.on(type, () => void this.#endedInBreaker++);
    }
    circuitBreaker.on('STATE_TRANSITION', ({ fromState, toState }) => {
      const transition = { atMs: this.#nowMs(), fromState, toState, afterCalls: this.#endedInBreaker };
      // OPEN keeps the window that it was decided by.
      const { failureRate, slowCallRate } = circuitBreaker.metrics;
      this.#transitions.push(toState === 'OPEN' ? { ...transition, failureRate, slowCallRate } : transition);
    });
  }

  #nowMs(): number {
    return this.#clock.now() - startAt;
  }
}

/** When the last call may begin. */
export function untilMs({ phases, calls, untilMs }: Outage): number {
  if (untilMs !== undefined) return untilMs;
  return calls === undefined ? (phases.at(-1)?.atMs ?? 0) + defaultTailMs : Number.POSITIVE_INFINITY;
}

function makePolicies(instance: Instance, clock: VirtualClock, random: Random): ReadonlyMap<Pattern, Policy> {
  const { name, circuitBreaker, retry, rateLimiter, timeLimiter, bulkhead } = instance;
  const policies = new Map<Pattern, Policy>();
  const budgets = retry?.retryBudget && instance.retryBudget ? { [retry.retryBudget]: instance.retryBudget } : {};
  const retryBudgets = new RetryBudgetRegistry({ instances: budgets }, { clock });
  if (retry) policies.set('retry', new Retry(name, given(retry), { clock, retryBudgets }));
  if (circuitBreaker)
    policies.set('circuitBreaker', new CircuitBreaker(name, given(circuitBreaker), { clock, random }));
  if (rateLimiter) policies.set('rateLimiter', new RateLimiter(name, rateLimiter, { clock }));
  if (timeLimiter) policies.set('timeLimiter', new TimeLimiter(name, timeLimiter, { clock }));
  if (bulkhead) policies.set('bulkhead', new Bulkhead(name, bulkhead, { clock }));
  return policies;
}

/** The options of a resolved configuration: what has no value was not given. */
function given<C extends object>(config: C): { [K in keyof C]: NonNullable<C[K]> } {
  const entries = Object.entries(config).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof C]: NonNullable<C[K]> };
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof CallNotPermittedError) return 'notPermitted';
  if (error instanceof BulkheadFullError) return 'bulkheadFull';
  if (error instanceof RateLimitExceededError) return 'rateLimited';
  if (error instanceof TimeoutExceededError) return error.limitedBy === 'deadline' ? 'gaveUp' : 'timedOut';
  return error instanceof DeadlineExceededError ? 'gaveUp' : 'failed';
}
