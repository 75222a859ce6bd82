import { replicaUrls } from '@breakwater/contracts/replicas';
import {
  type Events,
  type History,
  keepNewest,
  type LoadState,
  type PolicyEvent,
  type Second,
  type Snapshot,
  type StateChange,
} from '../protocol/messages.ts';
import { EventBatch } from './events.ts';
import { faultsOf } from './faults.ts';
import { AccountMonitor, CustomerMonitor, type ReplicaMonitor } from './replica-monitors.ts';
import { trafficOf } from './traffic.ts';

export interface SystemMonitorOptions {
  readonly accountUrls: readonly string[];
  readonly customerUrls: readonly string[];
  readonly load: () => LoadState;
  /** Default: the processes are not known. */
  readonly processes?: () => Promise<Snapshot['processes']>;
  readonly onSnapshot: (snapshot: Snapshot) => void;
  readonly onEvents: (events: Events) => void;
  /** Called with what has prevented a snapshot. */
  readonly onError: (error: unknown) => void;
}

const snapshotIntervalMs = 1_000;
const eventsIntervalMs = 250;
/** How long replicas are read with each snapshot after an event: longer than a call of account lasts. */
const activeMs = 5_000;
/** How often replicas without events are read, in case they hang or have changed without an event. */
const restIntervalMs = 5_000;

/** Limits of the history for pages that connect later. */
const keptSeconds = 300;
const keptStateChanges = 1_000;
const maxEventsPerMessage = 150;
const snapshotsBetweenLookups = 5;

/**
 * Monitors all replicas of account and customer between `start` and `stop`, and keeps a history of the last minutes. A replica is
 * read with each snapshot after events, seldom without them, and not at all while the monitor does not run.
 */
export class SystemMonitor {
  readonly accounts: ReplicaSet<AccountMonitor>;
  readonly customers: ReplicaSet<CustomerMonitor>;
  readonly #options: SystemMonitorOptions;
  readonly #batch = new EventBatch(maxEventsPerMessage);
  #running: AbortController | undefined;
  #nextSnapshot: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #lookup: Promise<unknown> | undefined;
  #seconds: Second[] = [];
  #states: StateChange[] = [];
  /** Newest first. */
  #events: readonly PolicyEvent[] = [];
  #snapshot: Snapshot | undefined;
  #snapshots = 0;
  #activeUntil = -Infinity;

  constructor(options: SystemMonitorOptions) {
    this.#options = options;
    const onActivity = (): void => this.expectChanges();
    this.accounts = new ReplicaSet(options.accountUrls, (url) => {
      const monitor = new AccountMonitor(url, { batch: this.#batch, onActivity });
      if (this.#running) monitor.follow();
      return monitor;
    });
    this.customers = new ReplicaSet(options.customerUrls, (url) => new CustomerMonitor(url));
  }

  /** `undefined` before the first one after the start. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  get history(): Omit<History, 'traceUrl'> {
    return { seconds: this.#seconds, states: this.#states, events: this.#events.toReversed() };
  }

  /** Emits a snapshot each second and events as they arrive, until `stop`. */
  start(): void {
    if (this.#running !== undefined) return;
    this.#running = new AbortController();
    const { signal } = this.#running;
    for (const account of this.accounts.all) account.follow();
    const events = setInterval(() => this.#emitEvents(), eventsIntervalMs);
    signal.addEventListener('abort', () => clearInterval(events));
    this.expectChanges();
    void this.#emitSnapshots(signal);
  }

  /** From here on, nothing is known about the replicas. */
  stop(): void {
    if (this.#running === undefined) return;
    this.#running.abort();
    clearTimeout(this.#nextSnapshot);
    this.#running = undefined;
    this.#snapshot = undefined;
    this.accounts.stop();
    this.customers.stop();
    this.#emitEvents();
    this.#addSecond({ at: Date.now(), traffic: null, pending: null, faults: [] });
  }

  /** Reads all replicas with the next snapshots, because something may have changed. */
  expectChanges(): void {
    this.#activeUntil = performance.now() + activeMs;
  }

  /** Finds and reads the replicas unless a snapshot has them. */
  async findReplicas(): Promise<void> {
    if (this.#snapshot === undefined) await this.#readOnce();
  }

  #readOnce(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const areKnown = this.accounts.all.length > 0;
    if (this.#running === undefined || !areKnown || this.#snapshots % snapshotsBetweenLookups === 0) {
      this.#lookup ??= Promise.all([this.accounts.refresh(), this.customers.refresh()]).finally(
        () => (this.#lookup = undefined),
      );
    }
    // A resolver that does not respond delays no snapshot.
    if (this.#running === undefined || !areKnown) await this.#lookup;
    const due = [...this.accounts.all, ...this.customers.all].filter((monitor) => this.#isDue(monitor));
    await Promise.all(due.map((monitor) => monitor.read()));
  }

  #isDue({ replica: { problem }, readAt }: AccountMonitor | CustomerMonitor): boolean {
    const now = performance.now();
    return now < this.#activeUntil || problem !== null || now - readAt >= restIntervalMs;
  }

  /** Reads do not overlap: the next one starts a second after the start of the last, or when that has ended. */
  async #emitSnapshots(signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const processes = await this.#readAll().catch(this.#options.onError);
    if (signal.aborted) return;
    this.#emitSnapshot(processes ?? null);
    const delayMs = Math.max(0, snapshotIntervalMs - (performance.now() - startedAt));
    this.#nextSnapshot = setTimeout(() => void this.#emitSnapshots(signal), delayMs);
  }

  async #readAll(): Promise<Snapshot['processes']> {
    const [processes = null] = await Promise.all([this.#options.processes?.(), this.#readOnce()]);
    return processes;
  }

  #emitSnapshot(processes: Snapshot['processes']): void {
    const snapshot = this.#createSnapshot(processes);
    this.#snapshots += 1;
    this.#snapshot = snapshot;
    const { at, traffic, pending, faults } = snapshot;
    this.#addSecond({ at, traffic, pending, faults });
    this.#options.onSnapshot(snapshot);
  }

  #addSecond(second: Second): void {
    this.#seconds = [...this.#seconds, second].slice(-keptSeconds);
  }

  /** Emits the events that have arrived since the last call. */
  #emitEvents(): void {
    const batch = this.#batch.take();
    if (batch === undefined) return;
    this.#events = keepNewest([...batch.events.toReversed(), ...this.#events]);
    this.#states = [...this.#states, ...batch.states].slice(-keptStateChanges);
    this.#options.onEvents(batch);
  }

  #createSnapshot(processes: Snapshot['processes']): Snapshot {
    const accounts = this.accounts.all;
    const traffic = accounts.flatMap((account) => account.traffic ?? []);
    // Requests that no policy has seen are no events either.
    if (traffic.some(({ byStatus }) => [...byStatus.values()].some((count) => count > 0))) this.expectChanges();
    const replicas = {
      accounts: accounts.map(({ replica }) => replica).toSorted(byName),
      customers: this.customers.all.map(({ replica }) => replica).toSorted(byName),
    };
    return {
      at: Date.now(),
      ...replicas,
      faults: faultsOf(replicas),
      traffic: traffic.length === 0 ? null : trafficOf(traffic),
      // All replicas count in the same database, so any of them reports the total.
      pending: accounts.map(({ pending }) => pending).find((pending) => pending !== null) ?? null,
      load: this.#options.load(),
      processes,
    };
  }
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);

/** One monitor for each replica of a service. Replicas are found by the addresses of the service's host name. */
export class ReplicaSet<M extends ReplicaMonitor> {
  readonly #urls: readonly string[];
  readonly #start: (url: string) => M;
  readonly #find: (url: string) => Promise<readonly string[]>;
  readonly #monitors = new Map<string, M>();

  /**
   * @param urls base URLs, whose hosts may have several addresses
   * @param start starts the monitor of a replica
   */
  constructor(urls: readonly string[], start: (url: string) => M, find = (url: string) => replicaUrls(url)) {
    this.#urls = urls;
    this.#start = start;
    this.#find = find;
  }

  get all(): readonly M[] {
    return [...this.#monitors.values()];
  }

  /** Resolves the addresses again: starts the monitors of new replicas, stops those of removed ones. */
  async refresh(): Promise<void> {
    const found = new Set((await Promise.all(this.#urls.map((url) => this.#find(url)))).flat());
    for (const [url, monitor] of this.#monitors) {
      if (found.has(url)) continue;
      monitor.stop();
      this.#monitors.delete(url);
    }
    for (const url of found) if (!this.#monitors.has(url)) this.#monitors.set(url, this.#start(url));
  }

  stop(): void {
    for (const monitor of this.#monitors.values()) monitor.stop();
    this.#monitors.clear();
  }
}
