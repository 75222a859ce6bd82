import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from './frame.ts';
import { stat, stateTimeline, timeSeries } from './panels.ts';

/** How the services are, from the client's side first. */
export const overview = (): DashboardBuilder =>
  dashboard(
    'breakwater-overview',
    'Breakwater: overview',
    'What clients see, what protects them, and what is left to make up for. The alerts are explained in docs/runbook.md.',
  )
    .withRow(new RowBuilder('Now'))
    .withPanel(
      stat({
        title: 'Alerts firing',
        description: 'Pages and tickets that are firing; what to do about each is in docs/runbook.md.',
        queries: [['count(ALERTS{alertstate="firing"}) or vector(0)', 'alerts']],
        unit: 'short',
        thresholds: [1, 3],
      }),
    )
    .withPanel(
      stat({
        title: 'Replicas that answer',
        description: 'Replicas that Prometheus reaches, by service. With one left, the next failure ends the service.',
        queries: [['count by (job) (up{job=~"$service"} == 1)', '{{job}}']],
        unit: 'short',
      }),
    )
    .withPanel(
      stat({
        title: 'Accounts opened well (1 h)',
        description:
          'The share of valid attempts to open an account that were answered without a server error within 5 s. The objective is 99.9 % in 30 days.',
        queries: [['1 - job:account_openings_failed:ratio_rate1h', 'of the last hour']],
        unit: 'percentunit',
      }),
    )
    .withPanel(
      stat({
        title: 'Error budget burn (1 h)',
        description:
          'How many times faster than allowed the error budget is spent. At 14.4 in the last hour and the last five minutes the on-call engineer is paged.',
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
        title: 'Faults that are on',
        description: 'What is wrong with customer on purpose; 0 for a fault that is off.',
        queries: [['sum by (fault) (customer_faults_active)', '{{fault}}']],
        unit: 'short',
        thresholds: [1],
      }),
    )
    .withRow(new RowBuilder('Requests: rate, errors, durations'))
    .withPanel(
      timeSeries({
        title: 'Requests by route',
        description: 'Requests served a second, by the template of their route. Probes and scrapes do not count.',
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
        title: 'Answers by status',
        description:
          'Answers a second by service and status: 201 opened, 202 accepted for later, 503 refused. UNKNOWN: the client had gone.',
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
          'The share of requests that ended in a 5xx, over five minutes. Above 5 % for five minutes is a ticket.',
        queries: [['job:http_server_requests_failed:ratio_rate5m{job=~"$service"}', '{{job}}']],
        unit: 'percentunit',
        thresholds: [0.05],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Durations',
        description: 'Quantiles of how long requests took, by route, over five minutes and all replicas.',
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
        description: 'Requests that each replica is at work on.',
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
          'How many times faster than allowed the error budget of opening accounts is spent, over four windows. Two of them have to agree before an alert fires.',
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
          'The state of each circuit breaker in each replica. An open one is protection at work: look at what it protects from.',
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
        description: 'Calls a second that a circuit breaker refused without making them.',
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
          'Requests per second that were accepted for later (202) because customer was unavailable, and calls that a stale value replaced.',
        queries: [
          [
            'sum by (job) (rate(http_server_requests_seconds_count{job="account", instance=~"$instance", status="202"}[$__rate_interval]))',
            'accepted for later',
          ],
          [
            'sum by (name, kind) (rate(breakwater_cached_fallback_calls_total{instance=~"$instance"}[$__rate_interval]))',
            '{{name}} last good answer {{kind}}',
          ],
        ],
        unit: 'cps',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Requests turned away',
        description:
          'Requests a second that were answered with 503 to keep the rest quick, by what there was too much of.',
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
        title: 'Accounts that wait',
        description: 'Accounts that were accepted with 202 and wait for their verification.',
        queries: [['job:account_pending_verifications:max', 'pending']],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Age of the oldest',
        description: 'How long the oldest pending account has waited. 15 min is a ticket, an hour a page.',
        queries: [['job:account_pending_verification_oldest_seconds:max', 'oldest']],
        unit: 's',
        thresholds: [900, 3600],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Reconciled verifications',
        description: 'Pending accounts a second, by what became of them; postponed ones are asked about again.',
        queries: [['sum by (result) (rate(account_verifications_total[$__rate_interval]))', '{{result}}']],
        unit: 'cps',
      }),
    )
    .withRow(new RowBuilder('Saturation'))
    .withPanel(
      timeSeries({
        title: 'Database connections',
        description: 'The share of each replica’s database connections that is busy.',
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
        title: 'Statements that wait for a connection',
        description: 'Above 0 for longer, the pool is too small or the database too slow.',
        queries: [['pg_pool_connections_pending{job=~"$service", instance=~"$instance"}', '{{instance}}']],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Event loop lag (p99)',
        description: 'How late the event loop of each replica comes round. Everything that it serves waits as long.',
        queries: [['nodejs_eventloop_lag_p99_seconds{job=~"$service", instance=~"$instance"}', '{{instance}}']],
        unit: 's',
        thresholds: [0.2],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Customer’s workers',
        description:
          'Workers that are busy, workers there are, and calls that queue for one, where capacity is limited.',
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
        description: 'Processor time used by each replica; 1 is one core, which is all that JavaScript can use.',
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
