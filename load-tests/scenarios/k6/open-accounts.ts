/**
 * Opens accounts in an open model: requests begin when they are due, whatever became of those before, so that a slow system
 * cannot hide its slowness by keeping its clients waiting.
 *
 *   TARGET      base URL of the gateway
 *   LOAD_PLAN   a LoadPlan as JSON; default: 20 a second for a minute
 *   BEGIN_URL   asked once when everything is ready and load begins; default: nobody is asked
 *   RECORD      whether each request is written to the console as a line of JSON; default: not
 *   SUMMARY     file for what k6 counted; default: the summary on the terminal
 */
import http from 'k6/http';
import { check } from 'k6';
import exec from 'k6/execution';
import { type LoadPlan, shareOfUnknownCustomers, steadyMinute } from './load-plan.ts';

const plan: LoadPlan = __ENV['LOAD_PLAN'] === undefined ? steadyMinute : JSON.parse(__ENV['LOAD_PLAN']);
const target = __ENV['TARGET'] ?? 'http://127.0.0.1:8080';
const isRecorded = __ENV['RECORD'] !== undefined;
const highestRate = Math.max(plan.startRate, ...plan.stages.map(({ rate }) => rate));
/** Should every client have to wait as long as it can, there is still one for the next request. */
const clients = Math.ceil(highestRate * (plan.patienceSeconds + 0.5));

export const options = {
  scenarios: {
    accounts: {
      executor: 'ramping-arrival-rate',
      startRate: plan.startRate,
      timeUnit: '1s',
      preAllocatedVUs: clients,
      maxVUs: clients,
      stages: plan.stages.map(({ rate, seconds }) => ({ target: rate, duration: `${seconds * 1_000}ms` })),
      gracefulStop: `${plan.patienceSeconds + 1}s`,
    },
  },
  thresholds: {
    // Whoever keeps a record judges by it.
    ...(isRecorded ? {} : { checks: ['rate>0.99'] }),
    // Requests that could not begin in time were not measured: the run says nothing.
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
  const answer = http.post(`${target}/accounts`, JSON.stringify({ customerId, currency: 'EUR' }), {
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    timeout: `${plan.patienceSeconds}s`,
  });
  // What the client waited, connecting included; k6's own timings leave out the wait that ended in a timeout.
  const durationMs = Date.now() - beganAt;
  check(answer, { 'told what became of it': ({ status }) => [201, 202, 422].includes(status) });
  if (!isRecorded) return;
  const account = answer.status === 201 || answer.status === 202 ? answer.json() : undefined;
  // oxlint-disable-next-line no-console -- the console is k6's way out
  console.log(JSON.stringify({ key, customerId, beganAt, durationMs, status: answer.status, account }));
}

/** Of those that customer seeds, `c-1001` to `c-1100`, or one that it never heard of. */
function chooseCustomer(): string {
  const number = Math.floor(Math.random() * 100);
  return Math.random() < shareOfUnknownCustomers ? `x-${number}` : `c-${1001 + number}`;
}

export function handleSummary(data: { metrics: Record<string, { values: Record<string, number> }> }): object {
  const dropped = data.metrics['dropped_iterations']?.values['count'] ?? 0;
  const requests = data.metrics['http_reqs']?.values['count'] ?? 0;
  const told = data.metrics['checks']?.values['rate'] ?? 0;
  if (__ENV['SUMMARY'] !== undefined) return { [__ENV['SUMMARY']]: JSON.stringify({ dropped, requests }) };
  const share = (told * 100).toFixed(2);
  return { stdout: `${requests} requests, ${share} % told what became of them, ${dropped} could not begin in time\n` };
}
