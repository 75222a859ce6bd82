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
    'What circuit breakers, retries, bulkheads and the other policies around customer do, replica by replica.',
  )
    .withRow(new RowBuilder('Circuit breaker'))
    .withPanel(
      stateTimeline({
        title: 'State',
        description: 'The state of each circuit breaker in each replica; every replica finds out for itself.',
        queries: [[`job_instance_name:resilience4j_circuitbreaker_state:code{${chosen}}`, '{{instance}} {{name}}']],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Failure rate',
        description: `The share of failed calls in the window, in percent; nothing while there are too few calls to judge. customer opens at ${failureRate} %.`,
        queries: [[`resilience4j_circuitbreaker_failure_rate{${chosen}} >= 0`, '{{instance}} {{name}}']],
        unit: 'percent',
        max: 100,
        thresholds: [failureRate],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Slow-call rate',
        description: `The share of slow calls in the window, in percent; nothing while there are too few calls to judge. customer opens at ${slowCallRate} %.`,
        queries: [[`resilience4j_circuitbreaker_slow_call_rate{${chosen}} >= 0`, '{{instance}} {{name}}']],
        unit: 'percent',
        max: 100,
        thresholds: [slowCallRate],
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Calls in the window',
        description: 'Calls that are being judged, by how they ended, and how many the window holds.',
        queries: [
          [`resilience4j_circuitbreaker_buffered_calls{${chosen}}`, '{{instance}} {{name}} {{kind}}'],
          [`resilience4j_circuitbreaker_max_buffered_calls{${chosen}}`, '{{instance}} {{name}} window'],
        ],
        unit: 'short',
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Calls by how they ended',
        description: 'Calls a second: successful, failed, ignored (no fault of the dependency), and not permitted.',
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
        description: 'Quantiles of how long calls to the dependency took, over all replicas, however they ended.',
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
        description: 'State transitions in the last five minutes, by where from and where to.',
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
        description: 'The share of calls that are let through: 0 % in OPEN, less than 100 % while a ramp-up lasts.',
        queries: [[`breakwater_circuitbreaker_admission_percentage{${chosen}}`, '{{instance}} {{name}}']],
        unit: 'percent',
        max: 100,
      }),
    )
    .withPanel(
      timeSeries({
        title: 'Failed calls to a dependency',
        description:
          'The share of the calls made that failed, over five minutes and all replicas. Above 25 % for ten minutes is a ticket.',
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
        description: 'Calls a second, by whether they were retried and how they ended.',
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
        title: 'Load that retries add',
        description: 'Further attempts a second, and those that the retry budget denied.',
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
        description: 'How many further attempts the budget would grant now.',
        queries: [['breakwater_retry_budget_balance{instance=~"$instance"}', '{{instance}} {{name}}']],
        unit: 'short',
      }),
    )
    .withRow(new RowBuilder('Bulkhead, rate limiter, time limiter, last good answers'))
    .withPanel(
      timeSeries({
        title: 'Bulkhead: slots taken',
        description: 'The share of the slots for calls that is taken, by replica.',
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
        description: 'Calls a second that were given a slot, and those that were not.',
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
        description: 'Permissions left, callers that wait for one, and calls a second that were refused one.',
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
        title: 'Last good answers',
        description: 'Failed calls a second that were answered with what is remembered, and how many answers are.',
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
          'What the doctor finds in the configuration, given the traffic it sees; each is explained in docs/doctor.md.',
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
