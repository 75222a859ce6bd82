/** How long a worker needs for a call: always the same time, or a random one with that mean. */
export const serviceTimes = ['fixed', 'exponential', 'long-tail'] as const;
export type ServiceTime = (typeof serviceTimes)[number];

/** Which waiting call a free worker takes: the oldest, the newest, or by CoDel, which refuses calls that wait too long. */
export const queueDisciplines = ['fifo', 'lifo', 'codel'] as const;
export type QueueDiscipline = (typeof queueDisciplines)[number];

/** What happens for a while and is then removed. */
export const triggerKinds = ['load', 'capacity', 'slow', 'errors', 'cache'] as const;
export type TriggerKind = (typeof triggerKinds)[number];

/**
 * A trigger of size n: n times the load, an nth of the workers, n times the service time, an nth of the calls succeeds, or
 * an nth of the cached entries is left.
 */
export interface Trigger {
  readonly kind: TriggerKind;
  readonly size: number;
  readonly durationMs: number;
}

/** The dependency and its clients, apart from the policies. */
export interface StormModel {
  /** Processes with policies of their own, to which the arrivals go in turn. */
  readonly clients: number;
  /** Whether calls arrive at equal distances, or at random ones (a Poisson process). */
  readonly arrivals: 'even' | 'random';
  /** How long the caller of a client waits for the response. A later one does not count. */
  readonly deadlineMs: number;
  /** Copies of the dependency, each with its workers and its queue. A balancer gives them the calls in turn. */
  readonly replicas: number;
  /** Calls that a replica works on at the same time. */
  readonly workers: number;
  /** How long a worker needs for a call, on average. */
  readonly serviceTimeMs: number;
  readonly serviceTime: ServiceTime;
  /** Calls that wait in a replica, at most; further ones are refused at once. */
  readonly queue: number;
  readonly discipline: QueueDiscipline;
  /** Whether a call whose caller has left is worked on all the same. */
  readonly abandonedWork: 'kept' | 'dropped';
  /** Entries of a cache in front of the dependency that a client reads first; 0 is no cache. */
  readonly cacheEntries: number;
  /** After this time, an entry must be obtained again. */
  readonly cacheTtlMs: number;
  /** How many replicas the balancer tries for a call that is refused or fails; 1 is no repetition. */
  readonly balancerAttempts: number;
  /** Failed calls that are repeated later, in calls per second, without a retry; 0 is no reconciler. */
  readonly reconcilerPerSecond: number;
  /** How long the system is observed after the trigger. */
  readonly horizonMs: number;
  readonly seed: number;
}

/** 5 workers with 100 ms per call: 50 calls a second. */
export const defaultModel: StormModel = {
  clients: 1,
  arrivals: 'even',
  deadlineMs: 10_000,
  replicas: 1,
  workers: 5,
  serviceTimeMs: 100,
  serviceTime: 'exponential',
  queue: Number.POSITIVE_INFINITY,
  discipline: 'fifo',
  abandonedWork: 'kept',
  cacheEntries: 0,
  cacheTtlMs: 60_000,
  balancerAttempts: 1,
  reconcilerPerSecond: 0,
  horizonMs: 120_000,
  seed: 1,
};

/** The calls per second that all workers together can end. */
export function capacityOf({ replicas, workers, serviceTimeMs }: StormModel): number {
  return (replicas * workers * 1_000) / serviceTimeMs;
}

/** What the model does not contain, for the reader of its results. */
export const leftOut: readonly string[] = [
  'The network: no latency, no lost packets, no limit of connections. Only the calls of policies that name them are limited.',
  'The clients themselves: their CPU, memory, garbage collection and event loop are unlimited. A real client that is overloaded fails earlier.',
  'What a caller does after a failure: it does not come back. Users who reload a page add to the load.',
  'Autoscaling, restarts, health checks of an orchestrator and load shedding in the service around the policies.',
  'Other dependencies and other users of the same dependency, such as a shared database.',
  'Differences between calls: each needs the same work on average, and errors cost as much work as successes.',
  'Endpoint pools, fallbacks and stale values: they do not add to goodput, which counts calls that are verified now. ',
  'Error classes and predicates of the application: each failure is one that is recorded and retried, if any is.',
].map((line) => line.trim());
