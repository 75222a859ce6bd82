import { Deadline } from '../../core/deadline.ts';
import type { Random } from '../../core/interval-function.ts';
import { type Pipeline, pipeline } from '../../core/pipeline.ts';
import { callContext, LazyAbortController, type CallContext } from '../../core/policy.ts';
import type { Instance } from '../instance.ts';
import { failureOf } from '../simulation/outage.ts';
import { createPolicies } from '../simulation/simulate.ts';
import { afterReactions, VirtualClock } from '../simulation/virtual-clock.ts';
import { SimulatedCache } from './cache.ts';
import { type Course, goodput, goodputBefore, isDecided, judge, type Verdict } from './course.ts';
import { FiniteDependency, healthy } from './dependency.ts';
import { seededRandom } from './random.ts';
import type { StormModel, Trigger } from './storm-model.ts';

/** A point of the map: so many calls per second, and a trigger. */
export interface StormPoint {
  readonly load: number;
  readonly trigger: Trigger;
}

/** What happened at a point. */
export interface Storm extends StormPoint {
  readonly verdict: Verdict;
  readonly course: Course;
  /** The share of arrivals verified before the trigger, and in the last ten seconds. */
  readonly goodputBefore: number;
  readonly goodputAtEnd: number;
  /** The calls of the dependency per arrival in the last ten seconds. */
  readonly amplification: number;
}

/** A whole second: time windows consist of whole seconds, and the results must be repeatable. */
const startAt = 1_700_000_000_000;
const warmUpSeconds = 5;

/**
 * Simulates a trigger and what follows, in virtual time, with the real policies of the instance.
 *
 * @param isWhole whether to simulate the whole horizon, even if the verdict is certain earlier
 */
export async function simulateStorm(
  instance: Instance,
  model: StormModel,
  point: StormPoint,
  isWhole = false,
): Promise<Storm> {
  const clock = new VirtualClock(startAt, afterReactions);
  const run = new StormRun(instance, model, point, isWhole, clock);
  await clock.run(run.ended);
  return run.result();
}

/** Clients and replicas at one point of the map. */
class StormRun {
  readonly ended: Promise<void>;
  readonly #model: StormModel;
  readonly #point: StormPoint;
  readonly #isWhole: boolean;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #error: Error;
  readonly #clients: readonly Pipeline[];
  /** The policies of calls that are repeated later: those of the instance without the retry. */
  readonly #reconciler: Pipeline;
  readonly #replicas: readonly FiniteDependency[];
  readonly #cache: SimulatedCache;
  readonly #triggerEnd: number;
  readonly #arrivals: number[] = [];
  readonly #verified: number[] = [];
  readonly #attempts: number[] = [];
  readonly #backlog: number[] = [];
  /** By second: calls that have not ended. */
  readonly #pending: number[] = [];
  /** The seconds whose calls have all ended. */
  #settledSeconds = 0;
  #calls = 0;
  #dependencyCalls = 0;
  #toReconcile = 0;
  #isTriggered = false;
  #end: () => void = () => {};

  constructor(instance: Instance, model: StormModel, point: StormPoint, isWhole: boolean, clock: VirtualClock) {
    this.#model = model;
    this.#point = point;
    this.#isWhole = isWhole;
    this.#clock = clock;
    this.#random = seededRandom(model.seed, point.load, point.trigger.size);
    this.#error = failureOf(instance);
    this.#triggerEnd = warmUpSeconds + Math.ceil(point.trigger.durationMs / 1_000);
    const client = (of: Instance) => pipeline(instance.name, [...createPolicies(of, clock, this.#random).values()]);
    this.#clients = Array.from({ length: model.clients }, () => client(instance));
    this.#reconciler = client({ ...instance, retry: undefined });
    this.#replicas = Array.from(
      { length: model.replicas },
      () => new FiniteDependency(model, clock, this.#random, this.#error),
    );
    this.#cache = new SimulatedCache(model, clock, this.#random);
    this.ended = new Promise((resolve) => (this.#end = resolve));
    clock.schedule(0, () => this.#arrive());
    clock.schedule(1_000, () => this.#endSecond());
    clock.schedule(warmUpSeconds * 1_000, () => this.#startTrigger());
    if (model.reconcilerPerSecond > 0) clock.schedule(1_000 / model.reconcilerPerSecond, () => this.#reconcile());
  }

  result(): Storm {
    const course = this.#course();
    const lastTen = (counts: readonly number[]) => counts.slice(-11, -1).reduce((sum, each) => sum + each, 0);
    return {
      ...this.#point,
      verdict: judge(course, this.#settledSeconds),
      course,
      goodputBefore: goodputBefore(course),
      goodputAtEnd: goodput(course, this.#settledSeconds - 10, this.#settledSeconds),
      amplification: lastTen(this.#attempts) / Math.max(1, lastTen(this.#arrivals)),
    };
  }

  #course(): Course {
    return {
      warmUp: warmUpSeconds,
      trigger: this.#triggerEnd - warmUpSeconds,
      arrivals: this.#arrivals,
      verified: this.#verified,
      attempts: this.#attempts,
      backlog: this.#backlog,
    };
  }

  #arrive(): void {
    const { load, trigger } = this.#point;
    const rate = this.#isTriggered && trigger.kind === 'load' ? load * trigger.size : load;
    const factor = this.#model.arrivals === 'even' ? 1 : -Math.log(1 - this.#random());
    this.#clock.schedule((1_000 / rate) * factor, () => this.#arrive());
    void this.#call(this.#second());
  }

  /** A call of a caller. */
  async #call(second: number): Promise<void> {
    count(this.#arrivals, second);
    count(this.#pending, second);
    const client = this.#clients[this.#calls++ % this.#clients.length]!;
    if (await this.#cached(client)) count(this.#verified, second);
    else if (this.#model.reconcilerPerSecond > 0) this.#toReconcile++;
    this.#pending[second]!--;
  }

  async #cached(client: Pipeline): Promise<boolean> {
    const entry = this.#cache.pick();
    if (entry !== undefined && this.#cache.has(entry)) return true;
    const isVerified = await this.#isVerified(client);
    if (isVerified && entry !== undefined) this.#cache.put(entry);
    return isVerified;
  }

  /** Whether the call is verified within the caller's time. */
  async #isVerified(client: Pipeline): Promise<boolean> {
    const { deadlineMs } = this.#model;
    const caller = new LazyAbortController();
    const cancel = this.#clock.schedule(deadlineMs, () => caller.abort(new Error('The caller has left.')));
    const context = callContext(caller, 1, { deadline: Deadline.after(deadlineMs, this.#clock) });
    try {
      await client.execute((given) => this.#callReplica(given), context);
      return true;
    } catch {
      return false;
    } finally {
      cancel();
    }
  }

  /** The balancer: the next replica, and further ones if it may repeat. */
  async #callReplica(context: CallContext): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      count(this.#attempts, this.#second());
      const replica = this.#replicas[this.#dependencyCalls++ % this.#replicas.length]!;
      try {
        await replica.call(context);
        return;
      } catch (error) {
        if (error !== this.#error || attempt >= this.#model.balancerAttempts) throw error;
      }
    }
  }

  #reconcile(): void {
    this.#clock.schedule(1_000 / this.#model.reconcilerPerSecond, () => this.#reconcile());
    if (this.#toReconcile === 0) return;
    this.#toReconcile--;
    void this.#isVerified(this.#reconciler).then((isVerified) => {
      if (!isVerified) this.#toReconcile++;
    });
  }

  #startTrigger(): void {
    const { kind, size, durationMs } = this.#point.trigger;
    this.#isTriggered = true;
    if (kind === 'cache') this.#cache.lose(1 - 1 / size);
    for (const replica of this.#replicas) {
      replica.condition = {
        workers: kind === 'capacity' ? 1 / size : 1,
        slowness: kind === 'slow' ? size : 1,
        successes: kind === 'errors' ? 1 / size : 1,
      };
    }
    this.#clock.schedule(durationMs, () => this.#endTrigger());
  }

  #endTrigger(): void {
    this.#isTriggered = false;
    for (const replica of this.#replicas) {
      replica.condition = healthy;
      replica.startWaiting();
    }
  }

  #endSecond(): void {
    this.#clock.schedule(1_000, () => this.#endSecond());
    this.#backlog.push(this.#replicas.reduce((sum, { backlog }) => sum + backlog, 0));
    const seconds = this.#backlog.length;
    while (this.#settledSeconds < seconds && (this.#pending[this.#settledSeconds] ?? 0) === 0) this.#settledSeconds++;
    const isOver = seconds >= this.#triggerEnd + this.#model.horizonMs / 1_000;
    if (isOver || (!this.#isWhole && isDecided(this.#course(), this.#settledSeconds))) this.#end();
  }

  #second(): number {
    return Math.floor((this.#clock.now() - startAt) / 1_000);
  }
}

function count(counts: number[], index: number): void {
  while (counts.length <= index) counts.push(0);
  counts[index]!++;
}
