import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, perSecond, stateTimeline, timeSeries } from './panels.ts';

const chosen = 'instance=~"$instance", name=~"$breaker"';

/** Account's policies; no metric contains the thresholds of its circuit breaker around customer. */
const { resilience4j } = parse(
  readFileSync(new URL('../../../apps/account/resilience.yml', import.meta.url), 'utf8'),
) as {
  resilience4j: {
    circuitbreaker: {
      instances: { customer: { failureRateThreshold?: number; slowCallRateThreshold?: number } };
    };
  };
};
// The defaults are Resilience4j's.
const { failureRateThreshold: failureRate = 50, slowCallRateThreshold: slowCallRate = 100 } =
  resilience4j.circuitbreaker.instances.customer;

/** The effect of each policy, for the analysis of a circuit breaker. */
export const resilience = (): DashboardBuilder =>
  dashboard(
    'breakwater-resilience',
    'Breakwater: resilience',
    'Circuit breakers, retries, bulkheads and the other policies around customer, by replica.',
    {
      'Circuit breaker': [
        stateTimeline('State', {
          description: 'State of each circuit breaker in each replica; replicas do not share their states.',
          queries: { '{{instance}} {{name}}': `job_instance_name:resilience4j_circuitbreaker_state:code{${chosen}}` },
        }),
        timeSeries('Failure rate', {
          description: `Share of failed calls in the window, in percent; no value while the window has too few calls. customer opens at ${failureRate} %.`,
          queries: { '{{instance}} {{name}}': `resilience4j_circuitbreaker_failure_rate{${chosen}} >= 0` },
          unit: 'percent',
          max: 100,
          thresholds: [failureRate],
        }),
        timeSeries('Slow-call rate', {
          description: `Share of slow calls in the window, in percent; no value while the window has too few calls. customer opens at ${slowCallRate} %.`,
          queries: { '{{instance}} {{name}}': `resilience4j_circuitbreaker_slow_call_rate{${chosen}} >= 0` },
          unit: 'percent',
          max: 100,
          thresholds: [slowCallRate],
        }),
        timeSeries('Calls in the window', {
          description: 'Calls in the window by result, and the size of the window.',
          queries: {
            '{{instance}} {{name}} {{kind}}': `resilience4j_circuitbreaker_buffered_calls{${chosen}}`,
            '{{instance}} {{name}} window': `resilience4j_circuitbreaker_max_buffered_calls{${chosen}}`,
          },
        }),
        timeSeries('Calls by result', {
          description:
            'Calls per second: successful, failed, ignored (not counted against the dependency), and not permitted.',
          queries: {
            '{{name}} {{kind}}': perSecond('name, kind', `resilience4j_circuitbreaker_calls_seconds_count{${chosen}}`),
            '{{name}} not permitted': perSecond(
              'name',
              `resilience4j_circuitbreaker_not_permitted_calls_total{${chosen}}`,
            ),
          },
          unit: 'cps',
          stacked: true,
        }),
        timeSeries('Durations of calls', {
          description: 'Quantiles of the durations of calls to the dependency, with any result, over all replicas.',
          queries: Object.fromEntries(
            [0.5, 0.95, 0.99].map((quantile) => [
              `{{name}} p${quantile * 100}`,
              `histogram_quantile(${quantile}, sum by (name, le) (rate(resilience4j_circuitbreaker_calls_seconds_bucket{${chosen}}[$__rate_interval]))) >= 0`,
            ]),
          ),
          unit: 's',
        }),
        timeSeries('State transitions', {
          description: 'State transitions in the last five minutes, by old and new state.',
          queries: {
            '{{name}} {{from_state}} → {{to_state}}': `sum by (name, from_state, to_state) (increase(breakwater_circuitbreaker_transitions_total{${chosen}}[5m]))`,
          },
        }),
        timeSeries('Admitted share', {
          description: 'Share of permitted calls: 0 % in OPEN, less than 100 % during a ramp-up.',
          queries: { '{{instance}} {{name}}': `breakwater_circuitbreaker_admission_percentage{${chosen}}` },
          unit: 'percent',
          max: 100,
        }),
        timeSeries('Failed calls to a dependency', {
          description:
            'Share of failed calls, without refused ones, over five minutes and all replicas. Above 25 % for ten minutes is a ticket.',
          queries: { '{{name}}': 'job_name:resilience4j_circuitbreaker_calls_failed:ratio_rate5m{name=~"$breaker"}' },
          unit: 'percentunit',
          max: 1,
          thresholds: [0.25],
        }),
      ],
      'Endpoint pool': [
        timeSeries('Endpoints out of service', {
          description:
            'Endpoints that are ejected or get trial calls, as each replica sees it; replicas do not share it.',
          queries: {
            '{{instance}} {{endpoint}} {{state}}':
              'breakwater_endpoint_pool_endpoint_state{instance=~"$instance", state=~"ejected|trial"}',
          },
          max: 1,
        }),
        timeSeries('Calls by endpoint', {
          description: 'Calls per second of each endpoint, by how they ended.',
          queries: {
            '{{name}} {{endpoint}} {{kind}}': perSecond(
              'name, endpoint, kind',
              'breakwater_endpoint_pool_calls_total{instance=~"$instance"}',
            ),
          },
          unit: 'cps',
        }),
        timeSeries('Latency by endpoint', {
          description: 'Recent latency of each endpoint, by which replicas choose; it follows peaks.',
          queries: {
            '{{instance}} {{endpoint}}': 'breakwater_endpoint_pool_latency_seconds{instance=~"$instance"}',
          },
          unit: 's',
        }),
        timeSeries('In-flight calls by endpoint', {
          description: 'Calls that are in flight at each endpoint.',
          queries: {
            '{{instance}} {{endpoint}}': 'breakwater_endpoint_pool_in_flight_calls{instance=~"$instance"}',
          },
        }),
        timeSeries('Ejections', {
          description:
            'Ejections in the last five minutes by reason, those that maxEjectionPercent prevented, and panic: 1 while calls go to all endpoints.',
          queries: {
            '{{name}} {{reason}}':
              'sum by (name, reason) (increase(breakwater_endpoint_pool_ejections_total{instance=~"$instance"}[5m]))',
            '{{name}} {{reason}} prevented':
              'sum by (name, reason) (increase(breakwater_endpoint_pool_prevented_ejections_total{instance=~"$instance"}[5m]))',
            '{{name}} panic': 'max by (name) (breakwater_endpoint_pool_panic{instance=~"$instance"})',
          },
        }),
      ],
      Retry: [
        timeSeries('Calls and retries', {
          description: 'Calls per second by result, with and without a retry.',
          queries: {
            '{{name}} {{kind}}': perSecond('name, kind', 'resilience4j_retry_calls_total{instance=~"$instance"}'),
          },
          unit: 'cps',
          stacked: true,
        }),
        timeSeries('Additional load by retries', {
          description: 'Retries per second, and those that the retry budget denied.',
          queries: {
            '{{name}} attempts': perSecond('name', 'breakwater_retry_attempts_total{instance=~"$instance"}'),
            '{{name}} denied': perSecond('name', 'breakwater_retry_budget_exhausted_total{instance=~"$instance"}'),
          },
          unit: 'cps',
        }),
        timeSeries('Retry budget', {
          description: 'Number of retries that the budget currently allows.',
          queries: { '{{instance}} {{name}}': 'breakwater_retry_budget_balance{instance=~"$instance"}' },
        }),
      ],
      'Bulkhead, rate limiter, time limiter, stale values': [
        timeSeries('Bulkhead: permits in use', {
          description: 'Share of permits in use, by replica.',
          queries: {
            '{{instance}} {{name}}': 'job_instance_name:resilience4j_bulkhead_busy:ratio{instance=~"$instance"}',
          },
          unit: 'percentunit',
          max: 1,
          thresholds: [0.8, 1],
        }),
        timeSeries('Bulkhead: calls', {
          description: 'Calls per second that received a permit, and refused ones.',
          queries: {
            '{{name}} {{kind}}': perSecond('name, kind', 'breakwater_bulkhead_calls_total{instance=~"$instance"}'),
          },
          unit: 'cps',
        }),
        timeSeries('Time limiter', {
          description: 'Calls per second by result; timeout: aborted by the time limiter.',
          queries: {
            '{{name}} {{kind}}': perSecond('name, kind', 'resilience4j_timelimiter_calls_total{instance=~"$instance"}'),
          },
          unit: 'cps',
        }),
        timeSeries('Rate limiter', {
          description: 'Available permissions, callers that wait for one, and refused calls per second.',
          queries: {
            '{{instance}} {{name}} available': 'resilience4j_ratelimiter_available_permissions{instance=~"$instance"}',
            '{{instance}} {{name}} waiting': 'resilience4j_ratelimiter_waiting_threads{instance=~"$instance"}',
            '{{name}} refused': perSecond(
              'name',
              'breakwater_ratelimiter_calls_total{instance=~"$instance", kind="failed"}',
            ),
          },
        }),
        timeSeries('Stale values', {
          description: 'Failed calls per second that returned a stale value, and the number of stored values.',
          queries: {
            '{{name}} {{kind}}': perSecond(
              'name, kind',
              'breakwater_cached_fallback_calls_total{instance=~"$instance"}',
            ),
            '{{instance}} {{name}} entries': 'breakwater_cached_fallback_entries{instance=~"$instance"}',
          },
        }),
      ],
      Doctor: [
        timeSeries('Findings', {
          description:
            'Findings of the doctor about the configuration and the observed traffic; docs/doctor.md explains each.',
          queries: {
            '{{severity}}: {{name}} {{code}}':
              'max by (name, code, severity) (breakwater_doctor_findings{instance=~"$instance"})',
          },
          span: 24,
        }),
      ],
    },
  );
