import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from './frame.ts';
import { stat, stateTimeline, timeSeries } from './panels.ts';

/** The state of the services, starting with what clients notice. */
export const overview = (): DashboardBuilder =>
  dashboard(
    'breakwater-overview',
    'Breakwater: overview',
    'Responses to clients, protection, and pending verifications. docs/runbook.md explains the alerts.',
  )
    .withRow(new RowBuilder('Now'))
    .withPanel(
      stat({
        title: 'Firing alerts',
        description: 'Firing pages and tickets; docs/runbook.md describes what to do about each.',
        queries: [['count(ALERTS{alertstate="firing"}) or vector(0)', 'alerts']],
        unit: 'short',
        thresholds: [1, 3],
      }),
    )
    .withPanel(
      stat({
        title: 'Reachable replicas',
        description: 'Replicas that Prometheus reaches, by service. With one left, the next failure ends the service.',
        queries: [['count by (job) (up{job=~"$service"} == 1)', '{{job}}']],
        unit: 'short',
      }),
    )
    .withPanel(
      stat({
        title: 'Good account openings (1 h)',
        description:
          'Share of valid attempts to open an account that received a response without a server error within 5 s. The objective is 99.9 % in 30 days.',
        queries: [['1 - job:account_openings_failed:ratio_rate1h', 'last hour']],
        unit: 'percentunit',
      }),
    )
    .withPanel(
      stat({
        title: 'Error budget burn (1 h)',
        description:
          'Burn rate of the error budget; at 1 it is used up after 30 days. At 14.4 over the last hour and the last five minutes the on-call engineer is paged.',
        queries: [['job:account_opening_error_budget:burnrate1h', '× allowed']],
        unit: 'short',
        thresholds: [1, 14.4],
      }),
    )
    .withPanel(
      stat({
        title: 'Pending accounts',
        description:
          'Accounts that were accepted with 202 and wait for their verification. Each replica reports the number in the whole database.',
        queries: [['job:account_pending_verifications:max', 'pending']],
        unit: 'short',
        thresholds: [1],
      }),
    )
    .withPanel(
      stat({
        title: 'Active faults',
        description: 'Faults that were injected into customer; 0 for an inactive fault.',
        queries: [['sum by (fault) (customer_faults_active)', '{{fault}}']],
        unit: 'short',
        thresholds: [1],
      }),
    )
    .withRow(new RowBuilder('Requests: rate, errors, durations'))
    .withPanel(
      timeSeries({
        title: 'Requests by route',
        description: 'Requests per second by route. Probes and scrapes are not counted.',
        queries: [
          [
            'sum by (job, method, uri) (job_method_uri_outcome:http_server_requests:rate1m{job=~"$service"})',
            '{{job}} {{method}} {{uri}}',
          ],
        ],
        unit: 'reqps',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Responses by status',
        description:
          'Responses per second by service and status: 201 opened, 202 accepted with a pending verification, 503 refused. UNKNOWN: the client had disconnected.',
        queries: [
          [
            'sum by (job, status) (rate(http_server_requests_seconds_count{job=~"$service", instance=~"$instance"}[$__rate_interval]))',
            '{{job}} {{status}}',
          ],
        ],
        unit: 'reqps',
        stacked: true,
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Server errors',
        description:
          'Share of requests with a 5xx response, over five minutes. Above 5 % for five minutes is a ticket.',
        queries: [['job:http_server_requests_failed:ratio_rate5m{job=~"$service"}', '{{job}}']],
        unit: 'percentunit',
        thresholds: [0.05],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Durations',
        description: 'Quantiles of request durations by route, over five minutes and all replicas.',
        queries: [
          ['job_method_uri:http_server_requests_seconds:p50_rate5m{job=~"$service"}', '{{job}} {{method}} {{uri}} p50'],
          ['job_method_uri:http_server_requests_seconds:p95_rate5m{job=~"$service"}', '{{job}} {{method}} {{uri}} p95'],
          ['job_method_uri:http_server_requests_seconds:p99_rate5m{job=~"$service"}', '{{job}} {{method}} {{uri}} p99'],
        ],
        unit: 's',
        thresholds: [5],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Requests in flight',
        description: 'Requests in flight in each replica.',
        queries: [
          ['sum by (instance) (http_server_requests_active{job=~"$service", instance=~"$instance"})', '{{instance}}'],
        ],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Burn rates of the error budget',
        description:
          'Burn rates of the error budget for opening accounts, over four windows. An alert fires when two windows exceed its threshold.',
        queries: [
          ['job:account_opening_error_budget:burnrate5m', '5 min'],
          ['job:account_opening_error_budget:burnrate30m', '30 min'],
          ['job:account_opening_error_budget:burnrate1h', '1 h'],
          ['job:account_opening_error_budget:burnrate6h', '6 h'],
        ],
        unit: 'short',
        thresholds: [6, 14.4],
      }),
    )
    .withRow(new RowBuilder('Protection'))
    .withPanel(
      stateTimeline({
        title: 'Circuit breakers by replica',
        description:
          'State of each circuit breaker in each replica. An open one protects the system: look at the dependency that it protects from.',
        queries: [
          [
            'job_instance_name:resilience4j_circuitbreaker_state:code{job=~"$service", instance=~"$instance", name=~"$breaker"}',
            '{{instance}} {{name}}',
          ],
        ],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Calls not permitted',
        description: 'Calls per second that a circuit breaker refused.',
        queries: [
          [
            'job_instance_name:resilience4j_circuitbreaker_not_permitted_calls:rate1m{instance=~"$instance", name=~"$breaker"}',
            '{{instance}} {{name}}',
          ],
        ],
        unit: 'cps',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Fallbacks',
        description:
          'Requests per second that were accepted with a pending verification (202) because customer was unavailable, and calls that returned a stale value.',
        queries: [
          [
            'sum by (job) (rate(http_server_requests_seconds_count{job="account", instance=~"$instance", status="202"}[$__rate_interval]))',
            'accepted for later',
          ],
          [
            'sum by (name, kind) (rate(breakwater_cached_fallback_calls_total{instance=~"$instance"}[$__rate_interval]))',
            '{{name}} stale value {{kind}}',
          ],
        ],
        unit: 'cps',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Requests shed',
        description: 'Requests per second that were refused with 503 because the service is overloaded, by reason.',
        queries: [
          [
            'sum by (job, reason) (rate(http_server_requests_shed_total{job=~"$service", instance=~"$instance"}[$__rate_interval]))',
            '{{job}} {{reason}}',
          ],
        ],
        unit: 'reqps',
      }),
    )
    .withRow(new RowBuilder('Pending accounts'))
    .withPanel(
      timeSeries({
        title: 'Pending accounts over time',
        description: 'Accounts that were accepted with 202 and wait for their verification.',
        queries: [['job:account_pending_verifications:max', 'pending']],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Age of the oldest pending account',
        description: 'How long the oldest pending account has waited. 15 min is a ticket, an hour a page.',
        queries: [['job:account_pending_verification_oldest_seconds:max', 'oldest']],
        unit: 's',
        thresholds: [900, 3600],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Reconciled verifications',
        description: 'Verifications per second by result; postponed ones are tried again.',
        queries: [['sum by (result) (rate(account_verifications_total[$__rate_interval]))', '{{result}}']],
        unit: 'cps',
      }),
    )
    .withRow(new RowBuilder('Saturation'))
    .withPanel(
      timeSeries({
        title: 'Database connections',
        description: 'Share of busy database connections of each replica.',
        queries: [
          ['job_instance:pg_pool_connections_busy:ratio{job=~"$service", instance=~"$instance"}', '{{instance}}'],
        ],
        unit: 'percentunit',
        max: 1,
        thresholds: [0.8],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Statements waiting for a connection',
        description: 'When it stays above 0, the pool is too small or the database too slow.',
        queries: [['pg_pool_connections_pending{job=~"$service", instance=~"$instance"}', '{{instance}}']],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Event loop lag (p99)',
        description: 'Event-loop delay of each replica. All of its requests wait as long.',
        queries: [['nodejs_eventloop_lag_p99_seconds{job=~"$service", instance=~"$instance"}', '{{instance}}']],
        unit: 's',
        thresholds: [0.2],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Customer’s workers',
        description:
          'Busy workers, all workers, and calls that are queued for one, while the capacity of customer is limited.',
        queries: [
          ['customer_capacity_workers_busy{instance=~"$instance"}', '{{instance}} busy'],
          ['customer_capacity_workers{instance=~"$instance"}', '{{instance}} workers'],
          ['customer_capacity_queue_length{instance=~"$instance"}', '{{instance}} queue'],
        ],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Processor',
        description: 'Processor time of each replica; 1 is one core, the most that JavaScript can use.',
        queries: [
          ['rate(process_cpu_seconds_total{job=~"$service", instance=~"$instance"}[$__rate_interval])', '{{instance}}'],
        ],
        unit: 'percentunit',
        thresholds: [0.9],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Memory',
        description: 'Resident memory of each replica.',
        queries: [['process_resident_memory_bytes{job=~"$service", instance=~"$instance"}', '{{instance}}']],
        unit: 'bytes',
      }),
    );
