import type { PolicyEvent } from '../events.ts';
import type { EjectionReason } from './pooled-endpoint.ts';

interface EndpointPoolEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly endpointPoolName: string;
}

interface EndpointEvent<T extends string> extends EndpointPoolEvent<T> {
  /** The name of the endpoint. */
  readonly endpoint: string;
}

/** The pool has a further endpoint. */
export interface EndpointAddedEvent extends EndpointEvent<'ENDPOINT_ADDED'> {
  readonly url: string;
}

/** An endpoint no longer exists. Its in-flight calls continue. */
export interface EndpointRemovedEvent extends EndpointEvent<'ENDPOINT_REMOVED'> {
  readonly url: string;
}

/** An endpoint gets no calls for a while. */
export interface EndpointEjectedEvent extends EndpointEvent<'ENDPOINT_EJECTED'> {
  readonly reason: EjectionReason;
  /** For how long, in milliseconds; `undefined` until it is restored by hand. */
  readonly ejectionTimeMs: number | undefined;
  /** How often the endpoint has been ejected. */
  readonly numberOfEjections: number;
}

/** An endpoint is an outlier, but is not ejected: as many endpoints are out of service as `maxEjectionPercent` allows. */
export interface EjectionPreventedEvent extends EndpointEvent<'EJECTION_PREVENTED'> {
  readonly reason: EjectionReason;
}

/** The ejection of an endpoint has ended, and it gets trial calls. */
export type EndpointTrialEvent = EndpointEvent<'ENDPOINT_TRIAL'>;

/** A health probe of an ejected endpoint has ended. */
export interface EndpointHealthProbeEvent extends EndpointEvent<'HEALTH_PROBE'> {
  readonly isHealthy: boolean;
  /** Why it failed, if it threw; `undefined` otherwise. */
  readonly error: unknown;
}

/** An endpoint is in service again: its trial calls succeeded, or it was restored by hand. */
export type EndpointRestoredEvent = EndpointEvent<'ENDPOINT_RESTORED'>;

/** So few endpoints are in service that calls go to all of them, also to ejected ones. */
export interface PanicStartedEvent extends EndpointPoolEvent<'PANIC_STARTED'> {
  readonly endpointsInService: number;
  readonly numberOfEndpoints: number;
}

/** Calls go only to endpoints in service again. */
export interface PanicEndedEvent extends EndpointPoolEvent<'PANIC_ENDED'> {
  readonly endpointsInService: number;
  readonly numberOfEndpoints: number;
}

/** Endpoints could not be resolved; the last known ones stay. Emitted once until a resolution succeeds. */
export interface ResolutionFailedEvent extends EndpointPoolEvent<'RESOLUTION_FAILED'> {
  readonly error: unknown;
}

/** The events of an endpoint pool. It emits none for single calls. */
export type EndpointPoolEvents = {
  readonly ENDPOINT_ADDED: EndpointAddedEvent;
  readonly ENDPOINT_REMOVED: EndpointRemovedEvent;
  readonly ENDPOINT_EJECTED: EndpointEjectedEvent;
  readonly EJECTION_PREVENTED: EjectionPreventedEvent;
  readonly ENDPOINT_TRIAL: EndpointTrialEvent;
  readonly HEALTH_PROBE: EndpointHealthProbeEvent;
  readonly ENDPOINT_RESTORED: EndpointRestoredEvent;
  readonly PANIC_STARTED: PanicStartedEvent;
  readonly PANIC_ENDED: PanicEndedEvent;
  readonly RESOLUTION_FAILED: ResolutionFailedEvent;
};

export type AnyEndpointPoolEvent = EndpointPoolEvents[keyof EndpointPoolEvents];
