import { writePolicies } from '@breakwater/load-tests/account-policies';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually, oneAttempt, startWithStandIn, type RunningAccount } from './services.ts';

/** The lab entry with the policies that the load tests derive for an engine, and a stand-in for customer. */
async function startOn(engine: Parameters<typeof writePolicies>[0], environment: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'breakwater-engine-'));
  const started = await startWithStandIn({
    TIME_SCALE: '1',
    RESILIENCE_CONFIG: writePolicies(engine, 'as-configured', directory),
    RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_WAITDURATIONINOPENSTATE: '1s',
    // The only replica stays in use.
    RESILIENCE4J_ENDPOINTPOOL_INSTANCES_CUSTOMER_OUTLIERDETECTIONENABLED: 'false',
    ...oneAttempt,
    ...environment,
  });
  onTestFinished(async () => {
    await started.stop();
    rmSync(directory, { recursive: true });
  });
  return started;
}

async function stateOf(account: RunningAccount): Promise<unknown> {
  const { body } = (await account.http().get('/actuator/circuitbreakers').expect(200)) as {
    body: { circuitBreakers: { customer: { state: unknown } } };
  };
  return body.circuitBreakers.customer.state;
}

describe.each([
  { engine: 'cockatiel', failures: 10, trials: 3 },
  { engine: 'cockatiel-tuned', failures: 5, trials: 1 },
  { engine: 'opossum-tuned', failures: 10, trials: 1 },
] as const)('account on $engine', ({ engine, failures, trials }) => {
  it('opens when customer fails, calls it no more, and closes after successful trial calls', async () => {
    const { account, customer } = await startOn(engine);
    customer.respondWith(503);

    for (let n = 0; n < failures; n++) await account.open(`c-${n}`).expect(202);
    expect(await stateOf(account)).toBe('OPEN');
    await account.open('c-refused').expect(202);
    expect(customer.requests).toHaveLength(failures);

    customer.recover();
    await eventually(() => account.open('c-1001').expect(201));
    for (let n = 1; n < trials; n++) await account.open('c-1001').expect(201);
    expect(await stateOf(account)).toBe('CLOSED');
  });
});

describe.each(['cockatiel-tuned', 'opossum-tuned'] as const)('a hanging customer of account on %s', (engine) => {
  it('delays a request for a second, the own timeout of the library', async () => {
    const { account, customer } = await startOn(engine, { REQUEST_TIMEOUT: '30s' });
    await account.open('c-1001').expect(201);
    customer.hold();

    const startedAt = performance.now();
    await account.open('c-1002').expect(202);

    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(900);
    // Without the timeout, the request would wait for its deadline. A busy machine takes longer than a second.
    expect(tookMs).toBeLessThan(20_000);
  });
});
