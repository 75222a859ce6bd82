import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from './frame.ts';
import { stateTimeline, timeSeries } from './panels.ts';
import { customerThresholds } from './thresholds.ts';

const chosen = 'instance=~"$instance", name=~"$breaker"';
const { failureRate, slowCallRate } = customerThresholds();

/** The effect of each policy, for the analysis of a circuit breaker. */
export const resilience = (): DashboardBuilder =>
  dashboard(
    'breakwater-resilience',
    'Breakwater: resilience',
    'Circuit breakers, retries, bulkheads and the other policies around customer, by replica.',
  )
    .withRow(new RowBuilder('Circuit breaker'))
    .withPanel(
      stateTimeline({
        title: 'State',
        description: 'State of each circuit breaker in each replica; replicas do not share their states.',
        queries: [[`job_instance_name:resilience4j_circuitbreaker_state:code{${chosen}}`, '{{instance}} {{name}}']],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Failure rate',
        description: `Share of failed calls in the window, in percent; no value while the window has too few calls. customer opens at ${failureRate} %.`,
        queries: [[`resilience4j_circuitbreaker_failure_rate{${chosen}} >= 0`, '{{instance}} {{name}}']],
        unit: 'percent',
        max: 100,
        thresholds: [failureRate],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Slow-call rate',
        description: `Share of slow calls in the window, in percent; no value while the window has too few calls. customer opens at ${slowCallRate} %.`,
        queries: [[`resilience4j_circuitbreaker_slow_call_rate{${chosen}} >= 0`, '{{instance}} {{name}}']],
        unit: 'percent',
        max: 100,
        thresholds: [slowCallRate],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Calls in the window',
        description: 'Calls in the window by result, and the size of the window.',
        queries: [
          [`resilience4j_circuitbreaker_buffered_calls{${chosen}}`, '{{instance}} {{name}} {{kind}}'],
          [`resilience4j_circuitbreaker_max_buffered_calls{${chosen}}`, '{{instance}} {{name}} window'],
        ],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Calls by result',
        description:
          'Calls per second: successful, failed, ignored (not counted against the dependency), and not permitted.',
        queries: [
          [
            `sum by (name, kind) (rate(resilience4j_circuitbreaker_calls_seconds_count{${chosen}}[$__rate_interval]))`,
            '{{name}} {{kind}}',
          ],
          [
            `sum by (name) (rate(resilience4j_circuitbreaker_not_permitted_calls_total{${chosen}}[$__rate_interval]))`,
            '{{name}} not permitted',
          ],
        ],
        unit: 'cps',
        stacked: true,
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Durations of calls',
        description: 'Quantiles of the durations of calls to the dependency, with any result, over all replicas.',
        queries: [0.5, 0.95, 0.99].map((quantile) => [
          `histogram_quantile(${quantile}, sum by (name, le) (rate(resilience4j_circuitbreaker_calls_seconds_bucket{${chosen}}[$__rate_interval]))) >= 0`,
          `{{name}} p${quantile * 100}`,
        ]),
        unit: 's',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'State transitions',
        description: 'State transitions in the last five minutes, by old and new state.',
        queries: [
          [
            `sum by (name, from_state, to_state) (increase(breakwater_circuitbreaker_transitions_total{${chosen}}[5m]))`,
            '{{name}} {{from_state}} → {{to_state}}',
          ],
        ],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Admitted share',
        description: 'Share of permitted calls: 0 % in OPEN, less than 100 % during a ramp-up.',
        queries: [[`breakwater_circuitbreaker_admission_percentage{${chosen}}`, '{{instance}} {{name}}']],
        unit: 'percent',
        max: 100,
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Failed calls to a dependency',
        description:
          'Share of failed calls, without refused ones, over five minutes and all replicas. Above 25 % for ten minutes is a ticket.',
        queries: [['job_name:resilience4j_circuitbreaker_calls_failed:ratio_rate5m{name=~"$breaker"}', '{{name}}']],
        unit: 'percentunit',
        max: 1,
        thresholds: [0.25],
      }),
    )
    .withRow(new RowBuilder('Retry'))
    .withPanel(
      timeSeries({
        title: 'Calls and retries',
        description: 'Calls per second by result, with and without a retry.',
        queries: [
          [
            'sum by (name, kind) (rate(resilience4j_retry_calls_total{instance=~"$instance"}[$__rate_interval]))',
            '{{name}} {{kind}}',
          ],
        ],
        unit: 'cps',
        stacked: true,
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Additional load by retries',
        description: 'Retries per second, and those that the retry budget denied.',
        queries: [
          [
            'sum by (name) (rate(breakwater_retry_attempts_total{instance=~"$instance"}[$__rate_interval]))',
            '{{name}} attempts',
          ],
          [
            'sum by (name) (rate(breakwater_retry_budget_exhausted_total{instance=~"$instance"}[$__rate_interval]))',
            '{{name}} denied',
          ],
        ],
        unit: 'cps',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Retry budget',
        description: 'Number of retries that the budget currently allows.',
        queries: [['breakwater_retry_budget_balance{instance=~"$instance"}', '{{instance}} {{name}}']],
        unit: 'short',
      }),
    )
    .withRow(new RowBuilder('Bulkhead, rate limiter, time limiter, stale values'))
    .withPanel(
      timeSeries({
        title: 'Bulkhead: permits in use',
        description: 'Share of permits in use, by replica.',
        queries: [
          ['job_instance_name:resilience4j_bulkhead_busy:ratio{instance=~"$instance"}', '{{instance}} {{name}}'],
        ],
        unit: 'percentunit',
        max: 1,
        thresholds: [0.8, 1],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Bulkhead: calls',
        description: 'Calls per second that received a permit, and refused ones.',
        queries: [
          [
            'sum by (name, kind) (rate(breakwater_bulkhead_calls_total{instance=~"$instance"}[$__rate_interval]))',
            '{{name}} {{kind}}',
          ],
        ],
        unit: 'cps',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Time limiter',
        description: 'Calls per second by result; timeout: aborted by the time limiter.',
        queries: [
          [
            'sum by (name, kind) (rate(resilience4j_timelimiter_calls_total{instance=~"$instance"}[$__rate_interval]))',
            '{{name}} {{kind}}',
          ],
        ],
        unit: 'cps',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Rate limiter',
        description: 'Available permissions, callers that wait for one, and refused calls per second.',
        queries: [
          ['resilience4j_ratelimiter_available_permissions{instance=~"$instance"}', '{{instance}} {{name}} available'],
          ['resilience4j_ratelimiter_waiting_threads{instance=~"$instance"}', '{{instance}} {{name}} waiting'],
          [
            'sum by (name) (rate(breakwater_ratelimiter_calls_total{instance=~"$instance", kind="failed"}[$__rate_interval]))',
            '{{name}} refused',
          ],
        ],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Stale values',
        description: 'Failed calls per second that returned a stale value, and the number of stored values.',
        queries: [
          [
            'sum by (name, kind) (rate(breakwater_cached_fallback_calls_total{instance=~"$instance"}[$__rate_interval]))',
            '{{name}} {{kind}}',
          ],
          ['breakwater_cached_fallback_entries{instance=~"$instance"}', '{{instance}} {{name}} entries'],
        ],
        unit: 'short',
      }),
    )
    .withRow(new RowBuilder('Doctor'))
    .withPanel(
      timeSeries({
        title: 'Findings',
        description:
          'Findings of the doctor about the configuration and the observed traffic; docs/doctor.md explains each.',
        queries: [
          [
            'max by (name, code, severity) (breakwater_doctor_findings{instance=~"$instance"})',
            '{{severity}}: {{name}} {{code}}',
          ],
        ],
        unit: 'short',
        span: 24,
      }),
    );
