export type { CircuitBreakerMetrics } from '../../core/circuit-breaker/circuit-breaker.metrics.ts';
export type { StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
export type { WindowContents, WindowOutcome, WindowSecond } from '../../core/circuit-breaker/sliding-window.ts';
export type { ChangeResponse } from '../reload/change.response.ts';
export type { CircuitBreakerDetails } from '../../core/circuit-breaker/circuit-breaker.actuator.ts';
export type { EndpointDetails, EndpointPoolDetails } from '../../core/endpoint-pool/endpoint-pool.actuator.ts';
export { readEventStream } from './read-event-stream.ts';
export type {
  CircuitBreakerWindowResponse,
  CircuitBreakerWindowsResponse,
  StreamDropped,
  StreamedEvent,
  StreamedReconfiguration,
  StreamedTransition,
  StreamMessage,
  StreamSnapshot,
} from './responses.ts';
