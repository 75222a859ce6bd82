import type { AnyCircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.contract.ts';
import type { StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import { wait } from '../../core/clock.ts';
import { Deadline, DeadlineExceededError } from '../../core/deadline.ts';
import type { Random } from '../../core/interval-function.ts';
import { Pipeline } from '../../core/pipeline.ts';
import { createRegistries, type PipelineKind, policies, type PolicyDefinitions } from '../../core/policies.ts';
import type { PolicyTable } from '../../core/policy-definition.ts';
import type { Policy } from '../../core/policy.ts';
import { TimeoutExceededError } from '../../core/time-limiter/time-limiter.errors.ts';
import { type Instance, orderOf } from '../instance.ts';
import { type Outage, SimulatedDependency } from './outage.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What a caller observed of its call, e.g. `answered` or `notPermitted`; refusals by the definitions of the policies. */
export type SimulatedOutcome = string;

/** The outcomes that calls can have, in the order of reports. */
export function simulatedOutcomes(table: PolicyTable = policies): readonly SimulatedOutcome[] {
  const refused = table.flatMap(({ refusals = [] }) => refusals.flatMap(({ outcome }) => outcome ?? []));
  return ['answered', 'failed', ...refused, 'callerAborted'];
}

/** A caller's call with all its attempts. Times are in milliseconds from the start of the simulation. */
export interface SimulatedCall {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: SimulatedOutcome;
}

export interface SimulatedTransition {
  readonly atMs: number;
  readonly fromState: StateName;
  readonly toState: StateName;
  /**
   * The number of calls that the circuit breaker had recorded or ignored, including the one that caused the transition.
   */
  readonly afterCalls: number;
  /** The rate in percent when it opened; -1 if there were too few calls. */
  readonly failureRate?: number;
  readonly slowCallRate?: number;
}

/** The course of a simulation. */
export interface Simulation {
  readonly instance: string;
  /** The end of the last call. */
  readonly endedAtMs: number;
  readonly initialState: StateName | undefined;
  readonly finalState: StateName | undefined;
  readonly transitions: readonly SimulatedTransition[];
  /** In the order of their start. */
  readonly calls: readonly SimulatedCall[];
  /** The start of each attempt that reached the dependency. */
  readonly dependencyCallsAtMs: readonly number[];
}

/** A whole second: time windows consist of whole seconds, and the results must be repeatable. */
const startAt = 1_700_000_000_000;
const mostCalls = 200_000;
const defaultTailMs = 60_000;
const defaultPauseMs = 100;

/**
 * Simulates an outage with the real policies of an instance, in virtual time.
 *
 * @param environment the random numbers of jitter; by default always 0.5, so that results are repeatable
 * @param table the policies; those of this library by default
 * @throws RangeError if neither a rate nor a number of callers is given, or if there would be more than 200,000 calls
 */
export async function simulate(
  instance: Instance,
  outage: Outage,
  environment: { readonly random?: Random } = {},
  table: PolicyTable = policies,
): Promise<Simulation> {
  if (outage.ratePerSecond === undefined && outage.concurrency === undefined) {
    throw new RangeError('A simulation needs calls: give a rate or a number of concurrent callers.');
  }
  const clock = new VirtualClock(startAt);
  const run = new SimulationRun(instance, outage, clock, environment.random ?? (() => 0.5), table);
  return clock.run(run.simulate());
}

class SimulationRun {
  readonly #instance: Instance;
  readonly #outage: Outage;
  readonly #table: PolicyTable;
  readonly #clock: VirtualClock;
  readonly #dependency: SimulatedDependency;
  readonly #pipeline: Pipeline;
  readonly #circuitBreaker: AnyCircuitBreaker | undefined;
  readonly #transitions: SimulatedTransition[] = [];
  readonly #calls: SimulatedCall[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #endedInBreaker = 0;

  constructor(instance: Instance, outage: Outage, clock: VirtualClock, random: Random, table: PolicyTable) {
    this.#instance = instance;
    this.#outage = outage;
    this.#table = table;
    this.#clock = clock;
    this.#dependency = new SimulatedDependency(outage, instance, clock);
    const created = createPolicies(instance, clock, random, table);
    this.#circuitBreaker = created.get('circuitBreaker') as AnyCircuitBreaker | undefined;
    this.#pipeline = new Pipeline(instance.name, [...created.values()]);
    if (this.#circuitBreaker !== undefined) this.#listenTo(this.#circuitBreaker);
  }

  async simulate(): Promise<Simulation> {
    const initialState = this.#circuitBreaker?.state;
    await this.#makeCalls();
    await Promise.all(this.#inFlight);
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
          `The simulation of '${this.#instance.name}' would make more than ${mostCalls} calls: shorten it or lower the rate.`,
        );
      }
      while (this.#inFlight.size >= concurrency) await Promise.race(this.#inFlight);
      // Calls that were due while all callers were busy are not made later.
      dueMs = Math.max(dueMs, this.#nowMs());
      if (dueMs >= endMs) return;
      await wait(this.#clock, dueMs - this.#nowMs());
      this.#start();
      dueMs += intervalMs;
    }
  }

  #start(): void {
    const call = this.#call().finally(() => void this.#inFlight.delete(call));
    this.#inFlight.add(call);
  }

  async #call(): Promise<void> {
    const startedAtMs = this.#nowMs();
    const outcome = await this.#outcomeOfCall();
    const endedAtMs = this.#nowMs();
    this.#calls.push({ startedAtMs, endedAtMs, outcome });
    const { pauseMs = this.#outage.calls === undefined ? defaultPauseMs : 0, ratePerSecond } = this.#outage;
    if (endedAtMs === startedAtMs && ratePerSecond === undefined) await wait(this.#clock, pauseMs);
  }

  async #outcomeOfCall(): Promise<SimulatedOutcome> {
    const { callerDeadlineMs } = this.#outage;
    const caller = new AbortController();
    const cancelDeadline =
      callerDeadlineMs === undefined
        ? undefined
        : this.#clock.schedule(callerDeadlineMs, () => caller.abort(new Error("The caller's deadline has passed.")));
    const deadline = callerDeadlineMs === undefined ? undefined : Deadline.after(callerDeadlineMs, this.#clock);
    try {
      await this.#pipeline.execute((context) => this.#dependency.call(context), { signal: caller.signal, deadline });
      return 'answered';
    } catch (error) {
      return caller.signal.aborted ? 'callerAborted' : outcomeOf(error, this.#table);
    } finally {
      cancelDeadline?.();
    }
  }

  #listenTo(circuitBreaker: AnyCircuitBreaker): void {
    for (const type of ['SUCCESS', 'ERROR', 'IGNORED_ERROR'] as const) {
      circuitBreaker.on(type, () => void this.#endedInBreaker++);
    }
    circuitBreaker.on('STATE_TRANSITION', ({ fromState, toState }) => {
      const transition = { atMs: this.#nowMs(), fromState, toState, afterCalls: this.#endedInBreaker };
      // OPEN keeps the window that caused it.
      const { failureRate, slowCallRate } = circuitBreaker.metrics;
      this.#transitions.push(toState === 'OPEN' ? { ...transition, failureRate, slowCallRate } : transition);
    });
  }

  #nowMs(): number {
    return this.#clock.now() - startAt;
  }
}

/** The time of the last possible start of a call. */
function untilMs({ phases, calls, untilMs }: Outage): number {
  if (untilMs !== undefined) return untilMs;
  return calls === undefined ? (phases.at(-1)?.atMs ?? 0) + defaultTailMs : Number.POSITIVE_INFINITY;
}

/** Creates the real policies of an instance, outermost first. Those that would hide the outcomes of calls are left out. */
export function createPolicies(
  instance: Instance,
  clock: VirtualClock,
  random: Random,
  table: PolicyTable = policies,
): ReadonlyMap<PipelineKind, Policy> {
  const { name, retry, retryBudget } = instance;
  const simulated = orderOf(instance, table).filter(
    (kind) => table.find((definition) => definition.kind === kind)?.isLeftOutOfSimulations !== true,
  );
  const definitions = simulated.map((kind) => [kind, { instances: { [name]: instance[kind] ?? {} } }]);
  const budgets = { instances: { [retry?.retryBudget ?? '']: retryBudget ?? {} } };
  const registries = createRegistries(
    { ...Object.fromEntries(definitions), retryBudget: budgets } as Partial<PolicyDefinitions>,
    { clock, random },
    table,
  );
  return new Map(simulated.map((kind) => [kind, registries[kind].getOrCreate(name)]));
}

function outcomeOf(error: unknown, table: PolicyTable): SimulatedOutcome {
  const isDeadline = error instanceof TimeoutExceededError && error.limitedBy === 'deadline';
  if (isDeadline || error instanceof DeadlineExceededError) return 'callerAborted';
  const refusals = table.flatMap((definition) => definition.refusals ?? []);
  return refusals.find((refusal) => error instanceof refusal.error)?.outcome ?? 'failed';
}
