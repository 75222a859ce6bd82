import { attributeNames as names, type Labels, type Sample } from '../observability.ts';
import { definePolicy, dependencyUnavailable, type PolicyEnvironment } from '../policy-definition.ts';
import { endpointPoolDetails } from './endpoint-pool.actuator.ts';
import { NoEndpointAvailableError } from './endpoint-pool.errors.ts';
import { endpointPoolOptions, type EndpointPoolOptions } from './endpoint-pool.options.ts';
import { EndpointPool, type EndpointPoolEnvironment } from './endpoint-pool.ts';
import { ejectionReasons, type EndpointSnapshot, endpointStates } from './pooled-endpoint.ts';

function reasonLabel({ reason }: { readonly reason: string }): Labels {
  return { reason: reason.toLowerCase() };
}

const allReasons = ejectionReasons.map((reason) => reasonLabel({ reason }));

/** One value for each endpoint. */
function perEndpoint(valueOf: (endpoint: EndpointSnapshot) => number) {
  return ({ endpoints }: EndpointPool): readonly Sample[] =>
    endpoints.map((endpoint) => [valueOf(endpoint), { endpoint: endpoint.name }]);
}

export const endpointPoolDefinition = definePolicy({
  kind: 'endpointPool',
  label: 'EndpointPool',
  title: 'Endpoint pool',
  section: 'endpointpool',
  inPipeline: true,
  // A simulated dependency has no endpoints.
  isLeftOutOfSimulations: true,
  options: endpointPoolOptions,
  events: {
    ENDPOINT_ADDED: true,
    ENDPOINT_REMOVED: true,
    ENDPOINT_EJECTED: true,
    EJECTION_PREVENTED: true,
    ENDPOINT_TRIAL: true,
    HEALTH_PROBE: true,
    ENDPOINT_RESTORED: true,
    PANIC_STARTED: true,
    PANIC_ENDED: true,
    RESOLUTION_FAILED: true,
  },
  meters: [
    {
      type: 'gauge',
      aggregator: 'max',
      name: 'breakwater_endpoint_pool_endpoint_state',
      help: 'The state of an endpoint: 1 for the one it is in, 0 for the others.',
      labels: ['endpoint', 'state'],
      read: ({ endpoints }) =>
        endpoints.flatMap(({ name, state: current }) =>
          endpointStates.map((state): Sample => [
            current === state ? 1 : 0,
            { endpoint: name, state: state.toLowerCase() },
          ]),
        ),
    },
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'breakwater_endpoint_pool_in_flight_calls',
      help: 'The number of calls that are in flight at an endpoint.',
      labels: ['endpoint'],
      read: perEndpoint(({ inFlightCalls }) => inFlightCalls),
    },
    {
      type: 'gauge',
      aggregator: 'max',
      name: 'breakwater_endpoint_pool_latency_seconds',
      help: 'The recent latency of an endpoint, by which endpoints are chosen; it follows peaks.',
      labels: ['endpoint'],
      read: perEndpoint(({ latencyMs }) => latencyMs / 1_000),
    },
    {
      type: 'counter',
      name: 'breakwater_endpoint_pool_calls_total',
      help: 'Total number of calls of an endpoint, by how they ended.',
      labels: ['endpoint', 'kind'],
      read: ({ endpoints }) =>
        endpoints.flatMap(({ name, numberOfSuccessfulCalls, numberOfFailedCalls }): readonly Sample[] => [
          [numberOfSuccessfulCalls, { endpoint: name, kind: 'successful' }],
          [numberOfFailedCalls, { endpoint: name, kind: 'failed' }],
        ]),
    },
    {
      type: 'counter',
      name: 'breakwater_endpoint_pool_endpoint_ejections_total',
      help: 'Total number of ejections of an endpoint.',
      labels: ['endpoint'],
      read: perEndpoint(({ numberOfEjections }) => numberOfEjections),
    },
    {
      type: 'eventCounter',
      name: 'breakwater_endpoint_pool_ejections_total',
      help: 'Total number of ejections, by reason, also of endpoints that no longer exist.',
      labels: ['reason'],
      counts: { ENDPOINT_EJECTED: reasonLabel },
      initial: allReasons,
    },
    {
      type: 'eventCounter',
      name: 'breakwater_endpoint_pool_prevented_ejections_total',
      help: 'Total number of ejections that maxEjectionPercent did not allow, by reason.',
      labels: ['reason'],
      counts: { EJECTION_PREVENTED: reasonLabel },
      initial: allReasons,
    },
    {
      type: 'gauge',
      aggregator: 'max',
      name: 'breakwater_endpoint_pool_panic',
      help: '1 while calls go to all endpoints because too few are in service, otherwise 0.',
      read: ({ metrics }) => [[metrics.isPanic ? 1 : 0]],
    },
    {
      type: 'gauge',
      aggregator: 'max',
      name: 'breakwater_endpoint_pool_resolution_failing',
      help: '1 while the endpoints are the last known ones because they cannot be resolved, otherwise 0.',
      read: ({ metrics }) => [[metrics.isResolutionFailing ? 1 : 0]],
    },
  ],
  spanEvents: {
    policy: 'endpoint_pool',
    events: {
      ENDPOINT_EJECTED: {
        name: 'endpoint_ejected',
        // A timer can cause it, and it concerns all later calls.
        ownSpan: true,
        attributes: ({ endpoint, reason, ejectionTimeMs }) => ({
          [names.endpoint]: endpoint,
          [names.ejectionReason]: reason,
          [names.waitMs]: ejectionTimeMs,
        }),
      },
      ENDPOINT_RESTORED: {
        name: 'endpoint_restored',
        ownSpan: true,
        attributes: ({ endpoint }) => ({ [names.endpoint]: endpoint }),
      },
      PANIC_STARTED: { name: 'panic_started', ownSpan: true },
      PANIC_ENDED: { name: 'panic_ended', ownSpan: true },
    },
  },
  refusals: [{ error: NoEndpointAvailableError, problem: dependencyUnavailable }],
  actuator: { plural: 'endpointPools', describe: endpointPoolDetails },
  create: (name: string, options: EndpointPoolOptions, environment: EndpointPoolEnvironment & PolicyEnvironment) =>
    new EndpointPool(name, options, environment),
  isRemovable: ({ endpoints }) =>
    endpoints.every(({ state, inFlightCalls }) => state === 'IN_SERVICE' && inFlightCalls === 0),
  dispose: (pool) => pool.dispose(),
});
