import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { StateTransitionEvent } from '../../core/circuit-breaker/circuit-breaker.events.ts';
import type { Cancel } from '../../core/clock.ts';
import type { PolicyEvent, Unsubscribe } from '../../core/events.ts';
import { followRegistry } from '../../core/follow-registry.ts';
import { changeResponse } from '../reload/change.response.ts';
import { Application } from './application.ts';
import { isoTime } from './event.response.ts';
import { type EventSink, EventStreamClient } from './event-stream.client.ts';
import {
  listOf,
  type MonitoredPattern,
  type MonitoredPolicy,
  monitoredPatterns,
  type MonitoredRegistry,
  patternsWithEndpoints,
} from './monitored-patterns.ts';
import type { StreamedEvent, StreamedReconfiguration, StreamedTransition, StreamSnapshot } from './responses.ts';

const heartbeatMs = 15_000;
const eventsInLine = 1_000;
const mostClients = 100;

/** Tells its clients every event of every policy as it happens. While it has none, it listens to nothing. */
@Injectable()
export class EventStream implements BeforeApplicationShutdown {
  readonly #application: Application;
  readonly #clients = new Set<EventStreamClient>();
  #subscriptions: readonly Unsubscribe[] = [];
  #cancelHeartbeat: Cancel = () => {};
  #lastId = 0;
  #isShuttingDown = false;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Whether another client may come. */
  get isOpen(): boolean {
    return !this.#isShuttingDown && this.#clients.size < mostClients;
  }

  /** Begins with a snapshot, and goes on until the reader leaves or the application ends. */
  connect(sink: EventSink): void {
    const client = new EventStreamClient(sink, eventsInLine);
    sink.on('close', () => this.#disconnect(client));
    // An error ends the connection, and 'close' follows.
    sink.on('error', () => {});
    client.send({ id: this.#nextId(), event: 'snapshot', data: this.#snapshot() });
    this.#clients.add(client);
    if (this.#clients.size === 1) this.#start();
  }

  /** An open stream would keep the server from closing. */
  beforeApplicationShutdown(): void {
    this.#isShuttingDown = true;
    for (const client of this.#clients) {
      client.end();
      this.#disconnect(client);
    }
  }

  #disconnect(client: EventStreamClient): void {
    if (this.#clients.delete(client) && this.#clients.size === 0) this.#stop();
  }

  #start(): void {
    this.#subscriptions = monitoredPatterns.flatMap((pattern) => {
      const registry = this.#application.find(pattern.registry);
      return registry === undefined ? [] : this.#follow(pattern, registry);
    });
    this.#beatLater();
  }

  #stop(): void {
    this.#cancelHeartbeat();
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
  }

  #beatLater(): void {
    this.#cancelHeartbeat = this.#application.clock.schedule(heartbeatMs, () => {
      for (const client of this.#clients) client.beat();
      this.#beatLater();
    });
  }

  #follow(pattern: MonitoredPattern, registry: MonitoredRegistry): readonly Unsubscribe[] {
    return [
      followRegistry(registry, (policy) =>
        policy.onEvent((event: PolicyEvent) => this.#tellAfterwards(pattern, policy, event)),
      ),
      registry.on('ENTRY_RECONFIGURED', ({ type, entry: { name }, creationTime, changes }) => {
        const data: StreamedReconfiguration = {
          pattern: pattern.pattern,
          name,
          type,
          creationTime: isoTime(creationTime),
          changes: changes.map((change) => changeResponse(change)),
        };
        this.#tell(type, data);
      }),
    ];
  }

  /** A policy tells of a call before it counts it: its state after the event is there when the present code has run. */
  #tellAfterwards(pattern: MonitoredPattern, policy: MonitoredPolicy, event: PolicyEvent): void {
    queueMicrotask(() => {
      const data: StreamedEvent = {
        pattern: pattern.pattern,
        name: policy.name,
        type: event.type,
        creationTime: isoTime(event.creationTime),
        ...transitionOf(event),
        ...pattern.describeEvent(event),
        ...pattern.describeState?.(policy),
      };
      this.#tell(event.type, data);
    });
  }

  #tell(event: string, data: object): void {
    const id = this.#nextId();
    for (const client of this.#clients) client.send({ id, event, data });
  }

  /** What the list endpoints answer, all in one. */
  #snapshot(): StreamSnapshot {
    const lists = patternsWithEndpoints.map((pattern) => {
      const registry = this.#application.find(pattern.registry);
      return registry && listOf(pattern, registry);
    });
    return Object.assign({}, ...lists) as StreamSnapshot;
  }

  #nextId(): number {
    this.#lastId++;
    return this.#lastId;
  }
}

function transitionOf(event: PolicyEvent): Pick<StreamedTransition, 'transition'> | undefined {
  if (event.type !== 'STATE_TRANSITION') return undefined;
  const { fromState: from, toState: to } = event as StateTransitionEvent;
  return { transition: { from, to } };
}
