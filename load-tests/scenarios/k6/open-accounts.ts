/**
 * Opens accounts in an open model: requests start on schedule, independent of earlier responses, so that a slow system
 * cannot hide its latency by delaying its clients.
 *
 *   TARGET      base URL of the gateway
 *   LOAD_PLAN   a LoadPlan as JSON; default: 20 per second for a minute
 *   BEGIN_URL   receives one request when the load starts; default: none
 *   RECORD      writes each request to the console as a JSON line if set
 *   SUMMARY     file for the counts of k6; default: a summary on the terminal
 */
import http from 'k6/http';
import { check } from 'k6';
import exec from 'k6/execution';
import { type LoadPlan, shareOfUnknownCustomers, steadyMinute } from './load-plan.ts';

const plan: LoadPlan = __ENV['LOAD_PLAN'] === undefined ? steadyMinute : JSON.parse(__ENV['LOAD_PLAN']);
const target = __ENV['TARGET'] ?? 'http://127.0.0.1:8080';
const isRecorded = __ENV['RECORD'] !== undefined;
const highestRate = Math.max(plan.startRate, ...plan.stages.map(({ rate }) => rate));
/** Enough clients even if every request times out. */
const clients = Math.ceil(highestRate * (plan.clientTimeoutSeconds + 0.5));

export const options = {
  scenarios: {
    accounts: {
      executor: 'ramping-arrival-rate',
      startRate: plan.startRate,
      timeUnit: '1s',
      preAllocatedVUs: clients,
      maxVUs: clients,
      stages: plan.stages.map(({ rate, seconds }) => ({ target: rate, duration: `${seconds * 1_000}ms` })),
      gracefulStop: `${plan.clientTimeoutSeconds + 1}s`,
    },
  },
  thresholds: {
    // A recorded run is judged by its record.
    ...(isRecorded ? {} : { checks: ['rate>0.99'] }),
    // Requests that could not start in time were not measured, so the run is invalid.
    dropped_iterations: ['count==0'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

export function setup(): { readonly run: number } {
  if (__ENV['BEGIN_URL'] !== undefined) http.post(__ENV['BEGIN_URL']);
  return { run: Date.now() };
}

export default function openAccount({ run }: ReturnType<typeof setup>): void {
  const key = `load-${run}-${exec.scenario.iterationInTest}`;
  const customerId = chooseCustomer();
  const beganAt = Date.now();
  const response = http.post(`${target}/accounts`, JSON.stringify({ customerId, currency: 'EUR' }), {
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    timeout: `${plan.clientTimeoutSeconds}s`,
  });
  // Includes connecting; k6's own timings omit requests that timed out.
  const durationMs = Date.now() - beganAt;
  check(response, { 'final response': ({ status }) => [201, 202, 422].includes(status) });
  if (!isRecorded) return;
  const account = response.status === 201 || response.status === 202 ? response.json() : undefined;
  // oxlint-disable-next-line no-console -- the console is the output of k6
  console.log(JSON.stringify({ key, customerId, beganAt, durationMs, status: response.status, account }));
}

/** A seeded customer, `c-1001` to `c-1100`, or one that does not exist. */
function chooseCustomer(): string {
  const number = Math.floor(Math.random() * 100);
  return Math.random() < shareOfUnknownCustomers ? `x-${number}` : `c-${1001 + number}`;
}

export function handleSummary(data: { metrics: Record<string, { values: Record<string, number> }> }): object {
  const dropped = data.metrics['dropped_iterations']?.values['count'] ?? 0;
  const requests = data.metrics['http_reqs']?.values['count'] ?? 0;
  const finalShare = data.metrics['checks']?.values['rate'] ?? 0;
  if (__ENV['SUMMARY'] !== undefined) return { [__ENV['SUMMARY']]: JSON.stringify({ dropped, requests }) };
  const share = (finalShare * 100).toFixed(2);
  return { stdout: `${requests} requests, ${share} % with a final response, ${dropped} could not start in time\n` };
}
