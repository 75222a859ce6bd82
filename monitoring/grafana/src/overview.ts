import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, perSecond, stat, stateTimeline, timeSeries } from './panels.ts';

const own = 'job=~"$service", instance=~"$instance"';

/** The state of the services, starting with what clients notice. */
export const overview = (): DashboardBuilder =>
  dashboard(
    'breakwater-overview',
    'Breakwater: overview',
    'Responses to clients, protection, and pending verifications. docs/runbook.md explains the alerts.',
    {
      Now: [
        stat('Firing alerts', {
          description: 'Firing pages and tickets; docs/runbook.md describes what to do about each.',
          queries: { alerts: 'count(ALERTS{alertstate="firing"}) or vector(0)' },
          thresholds: [1, 3],
        }),
        stat('Reachable replicas', {
          description:
            'Replicas that Prometheus reaches, by service. With one left, the next failure ends the service.',
          queries: { '{{job}}': 'job:up:sum{job=~"$service"}' },
        }),
        stat('Good account openings (1 h)', {
          description:
            'Share of valid attempts to open an account that received a response without a server error within 5 s. The objective is 99.9 % in 30 days.',
          queries: { 'last hour': '1 - job:account_openings_failed:ratio_rate1h' },
          unit: 'percentunit',
        }),
        stat('Error budget burn (1 h)', {
          description:
            'Burn rate of the error budget; at 1 it is used up after 30 days. At 14.4 over the last hour and the last five minutes the on-call engineer is paged.',
          queries: { '× allowed': 'job:account_opening_error_budget:burnrate1h' },
          thresholds: [1, 14.4],
        }),
        stat('Pending accounts', {
          description:
            'Accounts that were accepted with 202 and wait for their verification. Each replica reports the number in the whole database.',
          queries: { pending: 'job:account_pending_verifications:max' },
          thresholds: [1],
        }),
        stat('Active faults', {
          description: 'Faults that were injected into customer; 0 for an inactive fault.',
          queries: { '{{fault}}': 'sum by (fault) (customer_faults_active)' },
          thresholds: [1],
        }),
      ],
      'Requests: rate, errors, durations': [
        timeSeries('Requests by route', {
          description: 'Requests per second by route. Probes and scrapes are not counted.',
          queries: {
            '{{job}} {{method}} {{uri}}':
              'sum by (job, method, uri) (job_method_uri_outcome:http_server_requests:rate1m{job=~"$service"})',
          },
          unit: 'reqps',
        }),
        timeSeries('Responses by status', {
          description:
            'Responses per second by service and status: 201 opened, 202 accepted with a pending verification, 503 refused. UNKNOWN: the client had disconnected.',
          queries: { '{{job}} {{status}}': perSecond('job, status', `http_server_requests_seconds_count{${own}}`) },
          unit: 'reqps',
          stacked: true,
        }),
        timeSeries('Server errors', {
          description:
            'Share of requests with a 5xx response, over five minutes. Above 5 % for five minutes is a ticket.',
          queries: { '{{job}}': 'job:http_server_requests_failed:ratio_rate5m{job=~"$service"}' },
          unit: 'percentunit',
          thresholds: [0.05],
        }),
        timeSeries('Durations', {
          description: 'Quantiles of request durations by route, over five minutes and all replicas.',
          queries: {
            '{{job}} {{method}} {{uri}} p50': 'job_method_uri:http_server_requests_seconds:p50_rate5m{job=~"$service"}',
            '{{job}} {{method}} {{uri}} p95': 'job_method_uri:http_server_requests_seconds:p95_rate5m{job=~"$service"}',
            '{{job}} {{method}} {{uri}} p99': 'job_method_uri:http_server_requests_seconds:p99_rate5m{job=~"$service"}',
          },
          unit: 's',
          thresholds: [5],
        }),
        timeSeries('Durations and traces', {
          description:
            'The 99th percentile of request durations by service. With traces (docs/tracing.md), each dot is a request whose trace was recorded; a click on it leads to the trace.',
          queries: {
            '{{job}} p99': `histogram_quantile(0.99, sum by (job, le) (rate(http_server_requests_seconds_bucket{${own}}[$__rate_interval]))) >= 0`,
          },
          unit: 's',
          exemplars: true,
        }),
        timeSeries('Requests in flight', {
          description: 'Requests in flight in each replica.',
          queries: { '{{instance}}': `sum by (instance) (http_server_requests_active{${own}})` },
        }),
        timeSeries('Burn rates of the error budget', {
          description:
            'Burn rates of the error budget for opening accounts, over four windows. An alert fires when two windows exceed its threshold.',
          queries: {
            '5 min': 'job:account_opening_error_budget:burnrate5m',
            '30 min': 'job:account_opening_error_budget:burnrate30m',
            '1 h': 'job:account_opening_error_budget:burnrate1h',
            '6 h': 'job:account_opening_error_budget:burnrate6h',
          },
          thresholds: [6, 14.4],
        }),
      ],
      Protection: [
        stateTimeline('Circuit breakers by replica', {
          description:
            'State of each circuit breaker in each replica. An open one protects the system: look at the dependency that it protects from.',
          queries: {
            '{{instance}} {{name}}': `job_instance_name:resilience4j_circuitbreaker_state:code{${own}, name=~"$breaker"}`,
          },
        }),
        timeSeries('Calls not permitted', {
          description: 'Calls per second that a circuit breaker refused.',
          queries: {
            '{{instance}} {{name}}':
              'job_instance_name:resilience4j_circuitbreaker_not_permitted_calls:rate1m{instance=~"$instance", name=~"$breaker"}',
          },
          unit: 'cps',
        }),
        timeSeries('Fallbacks', {
          description:
            'Requests per second that were accepted with a pending verification (202) because customer was unavailable, and calls that returned a stale value.',
          queries: {
            'accepted for later': perSecond(
              'job',
              'http_server_requests_seconds_count{job="account", instance=~"$instance", status="202"}',
            ),
            '{{name}} stale value {{kind}}': perSecond(
              'name, kind',
              'breakwater_cached_fallback_calls_total{instance=~"$instance"}',
            ),
          },
          unit: 'cps',
        }),
        timeSeries('Requests shed', {
          description: 'Requests per second that were refused with 503 because the service is overloaded, by reason.',
          queries: { '{{job}} {{reason}}': perSecond('job, reason', `http_server_requests_shed_total{${own}}`) },
          unit: 'reqps',
        }),
      ],
      'Pending accounts': [
        timeSeries('Pending accounts over time', {
          description:
            'Accounts that were accepted with 202 and wait for their verification, and those that are set aside because customer cannot verify them.',
          queries: {
            pending: 'job:account_pending_verifications:max',
            'set aside': 'job:account_verifications_set_aside:max',
          },
        }),
        timeSeries('Age of the oldest pending account', {
          description: 'How long the oldest pending account has waited. 15 min is a ticket, an hour a page.',
          queries: { oldest: 'job:account_pending_verification_oldest_seconds:max' },
          unit: 's',
          thresholds: [900, 3600],
        }),
        timeSeries('Reconciled verifications', {
          description: 'Verifications per second by result; postponed ones are tried again.',
          queries: { '{{result}}': perSecond('result', 'account_verifications_total') },
          unit: 'cps',
        }),
      ],
      Saturation: [
        timeSeries('Database connections', {
          description: 'Share of busy database connections of each replica.',
          queries: { '{{instance}}': `job_instance:pg_pool_connections_busy:ratio{${own}}` },
          unit: 'percentunit',
          max: 1,
          thresholds: [0.8],
        }),
        timeSeries('Statements waiting for a connection', {
          description: 'When it stays above 0, the pool is too small or the database too slow.',
          queries: { '{{instance}}': `pg_pool_connections_pending{${own}}` },
        }),
        timeSeries('Event loop lag (p99)', {
          description: 'Event-loop delay of each replica. All of its requests wait as long.',
          queries: { '{{instance}}': `nodejs_eventloop_lag_p99_seconds{${own}}` },
          unit: 's',
          thresholds: [0.2],
        }),
        timeSeries('Customer’s workers', {
          description:
            'Busy workers, all workers, and calls that are queued for one, while the capacity of customer is limited.',
          queries: {
            '{{instance}} busy': 'customer_capacity_workers_busy{instance=~"$instance"}',
            '{{instance}} workers': 'customer_capacity_workers{instance=~"$instance"}',
            '{{instance}} queue': 'customer_capacity_queue_length{instance=~"$instance"}',
          },
        }),
        timeSeries('Processor', {
          description: 'Processor time of each replica; 1 is one core, the most that JavaScript can use.',
          queries: { '{{instance}}': `rate(process_cpu_seconds_total{${own}}[$__rate_interval])` },
          unit: 'percentunit',
          thresholds: [0.9],
        }),
        timeSeries('Memory', {
          description: 'Resident memory of each replica.',
          queries: { '{{instance}}': `process_resident_memory_bytes{${own}}` },
          unit: 'bytes',
        }),
      ],
    },
  );
