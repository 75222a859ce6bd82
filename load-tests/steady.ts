import http from 'k6/http';
import { check } from 'k6';

/** Opens accounts through the gateway at a constant rate, whatever the answers take: `docker compose --profile load up`. */
export const options = {
  scenarios: {
    steady: {
      executor: 'constant-arrival-rate',
      rate: 20,
      timeUnit: '1s',
      duration: '1m',
      preAllocatedVUs: 50,
      maxVUs: 250,
    },
  },
  thresholds: {
    // Customer may be as ill as it likes: an account is opened, to be verified later if need be.
    checks: ['rate>0.99'],
    dropped_iterations: ['count==0'],
  },
};

export default function openAccount() {
  const customer = 1001 + Math.floor(Math.random() * 100);
  const answer = http.post(
    `${__ENV.TARGET}/accounts`,
    JSON.stringify({ customerId: `c-${customer}`, currency: 'EUR' }),
    { headers: { 'content-type': 'application/json', 'idempotency-key': uniqueKey() }, timeout: '15s' },
  );
  check(answer, { 'an account was opened': ({ status }) => status === 201 || status === 202 });
}

function uniqueKey() {
  return `${__VU}-${__ITER}-${Date.now()}`;
}
