import type { Events, History, LoadState, PolicyEvent, Second, Snapshot, StateChange } from '../protocol/messages.ts';
import { keepNewest } from '../protocol/kept-events.ts';
import { ReplicaSet } from '../replicas/replica-set.ts';
import { AccountWatch } from './account-watch.ts';
import { CustomerWatch } from './customer-watch.ts';
import { EventBatch } from './event-batch.ts';
import { trafficOf } from './request-counts.ts';
import { StateChanges } from './state-changes.ts';

/** Whom to observe, and whom to tell. */
export interface ObserverOptions {
  readonly accountUrls: readonly string[];
  readonly customerUrls: readonly string[];
  readonly load: () => LoadState;
  readonly onSnapshot: (snapshot: Snapshot) => void;
  readonly onEvents: (events: Events) => void;
  /** In milliseconds since the Unix epoch. */
  readonly now?: () => number;
}

/** What is kept for a page that comes later. */
const keptSeconds = 300;
const keptChanges = 1_000;
/** A page shows a few hundred events, however many there are. */
const eventsInBatch = 150;
const roundsBetweenLookups = 5;

/** Looks at every replica of account and customer, once a second, and makes one picture of it. */
export class Observer {
  readonly accounts: ReplicaSet<AccountWatch>;
  readonly customers: ReplicaSet<CustomerWatch>;
  readonly #options: ObserverOptions;
  readonly #now: () => number;
  readonly #batch = new EventBatch(eventsInBatch);
  readonly #stateChanges = new StateChanges();
  #seconds: Second[] = [];
  #changes: StateChange[] = [];
  /** Newest first. */
  #events: readonly PolicyEvent[] = [];
  #snapshot: Snapshot | undefined;
  #rounds = 0;

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.accounts = new ReplicaSet(
      options.accountUrls,
      (url) => new AccountWatch(url, (event) => this.#batch.add(event)),
    );
    this.customers = new ReplicaSet(options.customerUrls, (url) => new CustomerWatch(url));
  }

  /** The last picture; `undefined` before the first look. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  get history(): History {
    return { seconds: this.#seconds, changes: this.#changes, events: this.#events.toReversed() };
  }

  /** Takes a look at everything, and tells. */
  async look(): Promise<void> {
    if (this.#rounds % roundsBetweenLookups === 0) {
      await Promise.all([this.accounts.refresh(), this.customers.refresh()]);
    }
    this.#rounds += 1;
    await Promise.all([...this.accounts.all, ...this.customers.all].map((watch) => watch.poll()));
    const snapshot = this.#picture();
    this.#snapshot = snapshot;
    const { at, traffic, pending } = snapshot;
    this.#seconds = [...this.#seconds, { at, traffic, pending }].slice(-keptSeconds);
    this.#changes = [...this.#changes, ...snapshot.changes].slice(-keptChanges);
    this.#options.onSnapshot(snapshot);
  }

  /** Tells the events that have come since the last time. */
  tellEvents(): void {
    const batch = this.#batch.take();
    if (batch === undefined) return;
    this.#events = keepNewest([...batch.events.toReversed(), ...this.#events]);
    this.#options.onEvents(batch);
  }

  stop(): void {
    this.accounts.stop();
    this.customers.stop();
  }

  #picture(): Snapshot {
    const at = this.#now();
    const watches = this.accounts.all;
    const requests = watches.flatMap((watch) => watch.requests ?? []);
    const accounts = watches.map(({ replica }) => replica).toSorted(byName);
    return {
      at,
      accounts,
      customers: this.customers.all.map(({ replica }) => replica).toSorted(byName),
      traffic: requests.length === 0 ? null : trafficOf(requests),
      // Counted in the database that all replicas share: any of them knows.
      pending: watches.map(({ pending }) => pending).find((pending) => pending !== null) ?? null,
      load: this.#options.load(),
      changes: this.#stateChanges.since(accounts, at),
    };
  }
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);
