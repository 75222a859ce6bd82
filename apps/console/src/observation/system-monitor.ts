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
}

/** Limits of the history for pages that connect later. */
const keptSeconds = 300;
const keptStateChanges = 1_000;
const maxEventsPerMessage = 150;
const pollsBetweenLookups = 5;

/** Monitors all replicas of account and customer, and keeps a history of the last minutes. */
export class SystemMonitor {
  readonly accounts: ReplicaSet<AccountMonitor>;
  readonly customers: ReplicaSet<CustomerMonitor>;
  readonly #options: SystemMonitorOptions;
  readonly #batch = new EventBatch(maxEventsPerMessage);
  #seconds: Second[] = [];
  #states: StateChange[] = [];
  /** Newest first. */
  #events: readonly PolicyEvent[] = [];
  #snapshot: Snapshot | undefined;
  #polls = 0;

  constructor(options: SystemMonitorOptions) {
    this.#options = options;
    this.accounts = new ReplicaSet(options.accountUrls, (url) => new AccountMonitor(url, this.#batch));
    this.customers = new ReplicaSet(options.customerUrls, (url) => new CustomerMonitor(url));
  }

  /** The result of the last poll; `undefined` before the first. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  get history(): Omit<History, 'traceUrl'> {
    return { seconds: this.#seconds, states: this.#states, events: this.#events.toReversed() };
  }

  /** Polls all replicas and emits a snapshot. */
  async poll(): Promise<void> {
    if (this.#polls % pollsBetweenLookups === 0) {
      await Promise.all([this.accounts.refresh(), this.customers.refresh()]);
    }
    this.#polls += 1;
    const [processes = null] = await Promise.all([
      this.#options.processes?.(),
      ...[...this.accounts.all, ...this.customers.all].map((monitor) => monitor.poll()),
    ]);
    const snapshot = this.#createSnapshot(processes);
    this.#snapshot = snapshot;
    const { at, traffic, pending, faults } = snapshot;
    this.#seconds = [...this.#seconds, { at, traffic, pending, faults }].slice(-keptSeconds);
    this.#options.onSnapshot(snapshot);
  }

  /** Emits the events that have arrived since the last call. */
  emitEvents(): void {
    const batch = this.#batch.take();
    if (batch === undefined) return;
    this.#events = keepNewest([...batch.events.toReversed(), ...this.#events]);
    this.#states = [...this.#states, ...batch.states].slice(-keptStateChanges);
    this.#options.onEvents(batch);
  }

  stop(): void {
    this.accounts.stop();
    this.customers.stop();
  }

  #createSnapshot(processes: Snapshot['processes']): Snapshot {
    const accounts = this.accounts.all;
    const traffic = accounts.flatMap((account) => account.traffic ?? []);
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
