import type { Faults } from '@breakwater/contracts';
import type { LocalSystem } from '@breakwater/system-runner';
import { OtlpReceiver, type ReceivedSpan, startSystem } from '@breakwater/system-runner/testing';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { causeOf } from './trace-cause.ts';

const eventually = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 30_000, interval: 100 });

const root = new URL('../../../', import.meta.url);

/** Policies that do not act in the middle of a test. */
const settings = {
  RECONCILIATION_INTERVAL: '250ms',
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE: '1000',
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_MINIMUMNUMBEROFCALLS: '1000',
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_RECONCILIATION_SLIDINGWINDOWSIZE: '1000',
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_RECONCILIATION_MINIMUMNUMBEROFCALLS: '1000',
  RESILIENCE4J_ENDPOINTPOOL_INSTANCES_CUSTOMER_OUTLIERDETECTIONENABLED: 'false',
  RESILIENCE4J_ENDPOINTPOOL_INSTANCES_CUSTOMER_HEALTHPROBEINTERVAL: '1h',
};

interface Problem {
  readonly traceId: string;
}

interface Account {
  readonly id: string;
  readonly status: string;
  readonly verifiedBy: string;
}

describe.each([{ bundled: false }, { bundled: true }])('traces of processes, bundled: $bundled', ({ bundled }) => {
  let receiver: OtlpReceiver;
  let system: LocalSystem;
  let customers: string[];
  let requests = 0;

  beforeAll(async () => {
    if (bundled) {
      for (const app of ['account', 'customer'])
        execFileSync(process.execPath, ['tools/bundle-service.ts', `apps/${app}`], { cwd: root });
    }
    receiver = await OtlpReceiver.start();
    const { environment } = receiver;
    system = await startSystem({
      bundled,
      accounts: 1,
      customers: 2,
      env: { customer: { CUSTOMER_LATENCY: '0ms', ...environment }, account: { ...settings, ...environment } },
    });
    customers = system.customerUrls.map((url) => new URL(url).host);
  });

  afterAll(async () => {
    await system?.end();
    await receiver?.stop();
  });

  beforeEach(() => system.setCustomerFaults({}));

  /** Opens an account. A stale value of the customer may replace a response. */
  async function open(customerId: string) {
    requests += 1;
    const traceId = requests.toString(16).padStart(32, 'a');
    const response = await fetch(`${system.gatewayUrl}/accounts`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': `"${bundled}-${requests}"`,
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      },
      body: JSON.stringify({ customerId, currency: 'EUR' }),
    });
    return { traceId, status: response.status, body: (await response.json()) as Account & Problem };
  }

  /** The spans of a trace once its first one, which is the last to end, has been received. */
  const spansOf = (traceId: string): Promise<readonly ReceivedSpan[]> =>
    eventually(() => {
      const received = receiver.trace(traceId);
      expect(received.map(({ name }) => name)).toContainEqual(
        expect.stringMatching(/^(POST \/accounts|verify account)$/),
      );
      return received;
    });

  const causeIn = async (traceId: string) => {
    await spansOf(traceId);
    return causeOf(receiver.spans, traceId);
  };

  const setBreaker = (updateState: string): Promise<Response> =>
    fetch(`${system.accountUrls[0]}/actuator/circuitbreakers/customer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${system.actuatorToken}` },
      body: JSON.stringify({ updateState }),
    });

  it('show the whole request in both services', async () => {
    const { traceId, status } = await open('c-1001');
    expect(status).toBe(201);
    await spansOf(traceId);
    const spans = await eventually(() => {
      const received = receiver.trace(traceId);
      expect(received.map(({ service }) => service)).toContain('customer');
      return received;
    });

    const nameOf = (spanId: string | undefined) => spans.find((span) => span.spanId === spanId)?.name;
    const shown = spans.map(
      ({ service, kind, name, parentSpanId }) => `${service} ${kind} ${name} < ${nameOf(parentSpanId)}`,
    );
    expect(shown).toEqual(
      expect.arrayContaining([
        'account server POST /accounts < undefined',
        'account internal idempotency key < POST /accounts',
        'account client SELECT < idempotency key',
        'account internal customer attempt < POST /accounts',
        'account client GET /customers/{id} < customer attempt',
        'customer server GET /customers/:id < GET /customers/{id}',
        'customer client SELECT < GET /customers/:id',
        'account internal transaction < POST /accounts',
        'account client INSERT < transaction',
      ]),
    );
    const attempt = spans.find(({ name }) => name === 'customer attempt');
    expect(attempt?.attributes).toMatchObject({ 'breakwater.attempt': 1, 'breakwater.endpoint': expect.any(String) });
    expect(customers).toContain(attempt?.attributes['breakwater.endpoint']);
  });

  it('contain no id of a customer', async () => {
    const { traceId } = await open('c-1001');
    await spansOf(traceId);

    expect(JSON.stringify(receiver.spans)).not.toContain('c-10');
  });

  it('come with metrics', async () => {
    await open('c-1001');
    const points = (name: string) =>
      receiver.metrics
        .filter((metric) => metric.service === 'account' && metric.name === name)
        .flatMap((metric) => metric.points);

    await eventually(() => {
      expect(points('circuitbreaker.state')).toContainEqual({
        'circuitbreaker.name': 'customer',
        'circuitbreaker.state': 'closed',
      });
      expect(points('http.server.request.duration')).toContainEqual({
        'http.request.method': 'POST',
        'http.route': '/accounts',
        'http.response.status_code': 201,
        'url.scheme': 'http',
      });
    });
  });

  it('name the replica that was slow', async () => {
    await system.setCustomerFaults({ latency: '1500ms' });
    const { traceId, status } = await open('c-1001');
    expect(status).toBe(201);

    expect(await causeIn(traceId)).toEqual({
      service: 'customer',
      policy: undefined,
      endpoint: expect.toBeOneOf(customers) as string,
      attempt: 1,
      error: undefined,
    });
  });

  it('name the time limiter and the replica that hung', async () => {
    await system.setCustomerFaults({ hang: { rate: 1 } });
    const { traceId, status } = await open('c-1002');
    expect(status).toBe(202);
    await system.setCustomerFaults({});

    expect(await causeIn(traceId)).toEqual({
      service: 'customer',
      policy: 'timelimiter',
      endpoint: expect.toBeOneOf(customers) as string,
      attempt: 1,
      error: 'TIMEOUT_EXCEEDED',
    });
  });

  it('name the circuit breaker that refused', async () => {
    expect((await setBreaker('FORCE_OPEN')).status).toBe(200);
    const { traceId, status } = await open('c-1003');
    expect(status).toBe(202);
    await setBreaker('CLOSE');

    expect(await causeIn(traceId)).toEqual({
      service: 'account',
      policy: 'circuitbreaker',
      endpoint: undefined,
      attempt: 1,
      error: 'CALL_NOT_PERMITTED',
    });
  });

  it('name the bad replica of two, whose failed attempt was retried at the other', async () => {
    const bad: Faults = { errors: [{ status: 503, rate: 1 }] };
    await system.setCustomerFaults(bad, 'customer-2');
    const opened = await Promise.all(Array.from({ length: 30 }, () => open('c-1001')));
    expect(opened.map(({ status }) => status)).toEqual(opened.map(() => 201));

    const causes = await Promise.all(opened.map(({ traceId }) => causeIn(traceId)));
    const retried = causes.filter(({ error }) => error !== undefined);
    expect(retried.length).toBeGreaterThan(0);
    expect(new Set(retried.map((cause) => JSON.stringify(cause)))).toEqual(
      new Set([
        JSON.stringify({
          service: 'customer',
          policy: 'retry',
          endpoint: customers[1],
          attempt: 1,
          error: '503',
        }),
      ]),
    );
  });

  it('name the policy that served a stale value, and the last replica that failed', async () => {
    expect((await open('c-1004')).body.verifiedBy).toBe('CUSTOMER');
    await system.setCustomerFaults({ errors: [{ status: 500, rate: 1 }] });
    const { traceId, body } = await open('c-1004');
    expect(body.verifiedBy).toBe('LAST_GOOD');

    expect(await causeIn(traceId)).toEqual({
      service: 'customer',
      policy: 'cached_fallback',
      endpoint: expect.toBeOneOf(customers) as string,
      attempt: 2,
      error: '500',
    });
  });

  it('link the later verification to the request that made it necessary', async () => {
    await system.setCustomerFaults({ errors: [{ status: 503, rate: 1 }] });
    const { traceId, body } = await open('c-1005');
    expect(body.status).toBe('PENDING_VERIFICATION');
    await system.setCustomerFaults({});

    const line = await eventually(() => {
      const log = readFileSync(`${system.logs}/account-1.log`, 'utf8').split('\n');
      const found = log.find((each) => each.includes('account verified') && each.includes(body.id));
      expect(found).toBeDefined();
      return JSON.parse(found!) as Problem;
    });
    expect(line.traceId).not.toBe(traceId);
    const verification = await spansOf(line.traceId);
    expect(verification.flatMap(({ links }) => links).map((link) => link.traceId)).toEqual([traceId]);
    expect(verification.map(({ name }) => name)).toContain('customer-reconciliation attempt');

    expect(await causeIn(line.traceId)).toEqual({
      service: 'customer',
      policy: 'fallback',
      endpoint: expect.toBeOneOf(customers) as string,
      attempt: 2,
      error: '503',
    });
  });

  it('name the replica that refused the connection', async () => {
    await system.replica('customer-1').kill();
    const opened = await Promise.all(Array.from({ length: 30 }, () => open('c-1001')));
    await system.replica('customer-1').restart();

    const causes = await Promise.all(opened.map(({ traceId }) => causeIn(traceId)));
    expect(causes).toContainEqual({
      service: 'customer',
      policy: 'retry',
      endpoint: customers[0],
      attempt: 1,
      error: 'ECONNREFUSED',
    });
  });

  it('name the database that was down', async () => {
    await system.database.stop();
    const { status, body } = await open('c-1006');
    expect(status).toBe(503);
    await system.database.start();

    expect(await causeIn(body.traceId)).toEqual({
      service: 'account',
      policy: 'database',
      endpoint: undefined,
      attempt: 1,
      error: 'DatabaseUnavailableError',
    });
  });
});
