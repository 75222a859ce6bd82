import type { ServerResponse } from 'node:http';
import {
  type BeforeApplicationShutdown,
  Controller,
  Get,
  Inject,
  Injectable,
  Res,
  ServiceUnavailableException,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { StateTransitionEvent } from '../../core/circuit-breaker/circuit-breaker.events.ts';
import { type Cancel, scheduleInBackground } from '../../core/clock.ts';
import type { PolicyEvent, Unsubscribe } from '../../core/events.ts';
import { followRegistry } from '../../core/follow-registry.ts';
import { isoTime } from '../../core/observability.ts';
import type { PolicyTable } from '../../core/policy-definition.ts';
import { changeResponse } from '../reload/change.response.ts';
import { Application } from './application.ts';
import { type EventSink, EventStreamClient } from './event-stream.client.ts';
import {
  listOf,
  type MonitoredInstance,
  monitoredPolicies,
  type MonitoredPolicy,
  type MonitoredRegistry,
  policiesWithEndpoints,
} from './monitored-policies.ts';
import { policyTable } from '../resilience.options.ts';
import { type ActuatorSettings, actuatorSettings } from './token.guard.ts';
import type { StreamedEvent, StreamedReconfiguration, StreamedTransition, StreamSnapshot } from './responses.ts';

const heartbeatMs = 15_000;
const maxQueuedEvents = 1_000;
const maxClients = 100;

/** Sends every event of every policy to its clients. Without a client it has no listeners. */
@Injectable()
export class EventStream implements BeforeApplicationShutdown {
  readonly #application: Application;
  readonly #policies: PolicyTable;
  readonly #settings: ActuatorSettings;
  readonly #clients = new Set<EventStreamClient>();
  #subscriptions: readonly Unsubscribe[] = [];
  #cancelHeartbeat: Cancel = () => {};
  #lastId = 0;
  #isShuttingDown = false;

  constructor(
    @Inject(Application) application: Application,
    @Inject(policyTable) policies: PolicyTable,
    @Inject(actuatorSettings) settings: ActuatorSettings,
  ) {
    this.#application = application;
    this.#policies = policies;
    this.#settings = settings;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Whether another client can connect. */
  get isOpen(): boolean {
    return !this.#isShuttingDown && this.#clients.size < maxClients;
  }

  /** Starts with a snapshot, and continues until the client disconnects or the application ends. */
  connect(sink: EventSink): void {
    const client = new EventStreamClient(sink, maxQueuedEvents);
    sink.on('close', () => this.#disconnect(client));
    // 'close' follows an error.
    sink.on('error', () => {});
    client.send({ id: this.#nextId(), event: 'snapshot', data: this.#snapshot() });
    this.#clients.add(client);
    if (this.#clients.size === 1) this.#start();
  }

  /** Ends all streams, since an open one would keep the server from closing. */
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
    this.#subscriptions = monitoredPolicies(this.#policies).flatMap((policy) => {
      const registry = this.#application.find(policy.registry);
      return registry === undefined ? [] : this.#follow(policy, registry);
    });
    this.#scheduleHeartbeat();
  }

  #stop(): void {
    this.#cancelHeartbeat();
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
  }

  #scheduleHeartbeat(): void {
    this.#cancelHeartbeat = scheduleInBackground(this.#application.clock, heartbeatMs, () => {
      for (const client of this.#clients) client.sendHeartbeat();
      this.#scheduleHeartbeat();
    });
  }

  #follow(policy: MonitoredPolicy, registry: MonitoredRegistry): readonly Unsubscribe[] {
    return [
      followRegistry(registry, (instance) => instance.onEvent((event) => this.#sendEvent(policy, instance, event))),
      registry.on('ENTRY_RECONFIGURED', ({ type, entry: { name }, creationTime, changes }) => {
        const data: StreamedReconfiguration = {
          pattern: policy.kind,
          name,
          type,
          creationTime: isoTime(creationTime),
          changes: changes.map((change) => changeResponse(change)),
        };
        this.#send(type, data);
      }),
    ];
  }

  /** Waits for the current code to end, since a policy emits an event before it updates its state. */
  #sendEvent(policy: MonitoredPolicy, instance: MonitoredInstance, event: PolicyEvent): void {
    const traceId = this.#settings.currentTraceId?.();
    queueMicrotask(() => {
      const data: StreamedEvent = {
        pattern: policy.kind,
        name: instance.name,
        type: event.type,
        creationTime: isoTime(event.creationTime),
        ...transitionOf(event),
        ...policy.describeEvent(event),
        ...policy.describeState(instance),
        ...(traceId !== undefined && { traceId }),
      };
      this.#send(event.type, data);
    });
  }

  #send(event: string, data: object): void {
    const id = this.#nextId();
    for (const client of this.#clients) client.send({ id, event, data });
  }

  /** The responses of all list endpoints, merged. */
  #snapshot(): StreamSnapshot {
    const lists = policiesWithEndpoints(this.#policies).map((policy) => {
      const registry = this.#application.find(policy.registry);
      return registry && listOf(policy, registry);
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

/** The response of Express, which is Node's own, or that of Fastify, which contains Node's. */
interface FrameworkResponse {
  readonly raw?: ServerResponse;
  /** Makes Fastify leave the response to the caller. */
  hijack?(): unknown;
  getHeaders?(): Readonly<Record<string, string | number | string[] | undefined>>;
}

const streamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  // Without it, nginx buffers events.
  'X-Accel-Buffering': 'no',
};

/** Responds with a `text/event-stream` of every event of every policy. */
@Controller({ version: VERSION_NEUTRAL })
export class EventStreamController {
  readonly #stream: EventStream;

  constructor(@Inject(EventStream) stream: EventStream) {
    this.#stream = stream;
  }

  @Get('events/stream')
  open(@Res() response: FrameworkResponse): void {
    const nodeResponse = response.raw ?? (response as ServerResponse);
    // The routes of GET serve HEAD, too: a response without a body ends at once, and is no client of the stream.
    const isHead = nodeResponse.req.method === 'HEAD';
    if (!isHead && !this.#stream.isOpen)
      throw new ServiceUnavailableException(
        'The maximum number of event stream clients is connected. Try again later.',
      );
    for (const [name, value] of Object.entries(response.getHeaders?.() ?? {})) {
      if (value !== undefined) nodeResponse.setHeader(name, value);
    }
    response.hijack?.();
    // The connection ends with the stream, so the server does not wait for it at shutdown.
    nodeResponse.shouldKeepAlive = false;
    nodeResponse.writeHead(200, streamHeaders);
    if (isHead) nodeResponse.end();
    else this.#stream.connect(nodeResponse);
  }
}
