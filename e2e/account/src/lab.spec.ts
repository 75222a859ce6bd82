import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  startAccount,
  startCustomer,
  type RunningAccount,
  type RunningCustomer,
  startWithStandIn,
} from './services.ts';
import { respondWithCustomer, type StandInCustomer } from './stand-in-customer.ts';

const token = 'let-it-break';
const actuatorToken = 'open-sesame';

type Line = Readonly<Record<string, unknown>>;

const lookUp = (account: RunningAccount, body: object, signal?: AbortSignal): Promise<Response> =>
  fetch(`${account.url}/experiments/customer-lookups`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });

const linesOf = async (response: Response): Promise<Line[]> =>
  (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('experiments with the real customer service', () => {
  let customer: RunningCustomer;
  let account: RunningAccount;

  beforeAll(async () => {
    const demo = { TIME_SCALE: '20' };
    customer = await startCustomer({ ...demo, CUSTOMER_LATENCY: '2s' });
    account = await startAccount({
      ...demo,
      DEMO_MODE: 'true',
      ACTUATOR_TOKEN: actuatorToken,
      INSTANCE_NAME: 'account-1',
      CUSTOMER_URL: customer.url,
    });
  });

  afterAll(() => Promise.all([account.stop(), customer.stop()]));

  it('lists the circuit breakers with their state, metrics and options', async () => {
    const { body } = await account.http().get('/experiments/breakers');

    expect(body.map(({ name }: { name: string }) => name)).toEqual([
      'count-slow',
      'count-failures-only',
      'count-minimum-above-window',
      'time-minimum-5',
      'time-minimum-6',
    ]);
    expect(body[3]).toEqual({
      name: 'time-minimum-5',
      state: 'CLOSED',
      metrics: expect.objectContaining({ failureRate: -1, slowCallRate: -1, bufferedCalls: 0 }) as object,
      config: expect.objectContaining({
        slidingWindowType: 'TIME_BASED',
        slidingWindowSize: 10,
        minimumNumberOfCalls: 5,
        failureRateThreshold: 70,
        slowCallRateThreshold: 70,
        slowCallDurationThreshold: 1_000,
        waitDurationInOpenState: 10_000,
        permittedNumberOfCallsInHalfOpenState: 3,
      }) as object,
    });
  });

  it('opens count-slow after ten slow calls and refuses the rest', async () => {
    const response = await lookUp(account, { times: 12, breaker: 'count-slow' });
    const lines = await linesOf(response);

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(response.headers.get('x-instance')).toBe('account-1');
    expect(lines[0]).toMatchObject({
      type: 'start',
      instance: 'account-1',
      breaker: 'count-slow',
      config: { slidingWindowSize: 10, slowCallDurationThreshold: 1_000 },
    });
    expect(lines.slice(1, -1).map(({ n, outcome, state }) => [n, outcome, state])).toEqual([
      ...Array.from({ length: 9 }, (_, index) => [index + 1, 'slow', 'CLOSED']),
      [10, 'slow', 'OPEN'],
      [11, 'not-permitted', 'OPEN'],
      [12, 'not-permitted', 'OPEN'],
    ]);
    expect(lines[10]).toMatchObject({ failureRate: 0, slowCallRate: 100, transitions: ['CLOSED->OPEN'] });
    expect(lines[1]?.['durationMs']).toBeGreaterThanOrEqual(2_000);
    expect(lines.at(-1)).toEqual({ type: 'end' });
  });

  it('keeps count-failures-only closed under the same calls', async () => {
    const lines = await linesOf(await lookUp(account, { times: 11, breaker: 'count-failures-only' }));

    expect(lines.slice(1, -1).map(({ outcome, state }) => `${String(outcome)} ${String(state)}`)).toEqual(
      Array.from({ length: 11 }, () => 'answered CLOSED'),
    );
    expect(lines.at(-2)).toMatchObject({ failureRate: 0, slowCallRate: 0 });
  });

  it('opens count-minimum-above-window when the window is full', async () => {
    const lines = await linesOf(await lookUp(account, { times: 11, breaker: 'count-minimum-above-window' }));

    expect(lines.slice(9, 12).map(({ n, outcome, state }) => [n, outcome, state])).toEqual([
      [9, 'slow', 'CLOSED'],
      [10, 'slow', 'OPEN'],
      [11, 'not-permitted', 'OPEN'],
    ]);
  });

  it('looks up the requested customer', async () => {
    const lines = await linesOf(await lookUp(account, { times: 1, breaker: 'time-minimum-6', customerId: 'c-9999' }));

    expect(lines[1]).toMatchObject({ outcome: 'slow', state: 'CLOSED' });
  });

  it('lists the known circuit breakers when it rejects another', async () => {
    const response = await lookUp(account, { times: 1, breaker: 'count-quick' });

    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await response.json()).toMatchObject({
      type: 'urn:breakwater:problem:circuit-breaker-not-found',
      detail:
        'No experiment has the circuit breaker count-quick. There are count-slow, count-failures-only, ' +
        'count-minimum-above-window, time-minimum-5, time-minimum-6.',
      known: expect.arrayContaining(['count-slow']) as string[],
    });
  });

  it('resets and uses no circuit breaker of other calls', async () => {
    const update = (updateState: string) =>
      account
        .http()
        .post('/actuator/circuitbreakers/customer')
        .set('authorization', `Bearer ${actuatorToken}`)
        .send({ updateState })
        .expect(200);
    await update('FORCE_OPEN');

    const response = await lookUp(account, { times: 1, breaker: 'customer', reset: true });
    const { body } = await account.http().get('/actuator/circuitbreakers');
    await update('CLOSE');

    expect(response.status).toBe(404);
    expect(body.circuitBreakers.customer.state).toBe('FORCED_OPEN');
  });

  it.each([
    { times: 0 },
    { times: 101 },
    { times: 1.5 },
    { times: '3' },
    {},
    { times: 1, customerId: 'C' },
    { times: 1, x: 1 },
  ])('rejects %j', async (body) => {
    const response = await lookUp(account, { breaker: 'count-slow', ...body });

    expect(response.status).toBe(400);
  });
});

describe('the lines of an experiment', () => {
  let customer: StandInCustomer;
  let account: RunningAccount;

  beforeEach(async () => {
    const started = await startWithStandIn({ DEMO_MODE: 'true' });
    ({ account, customer } = started);
    return started.stop;
  });

  it('are sent one by one, each as soon as its call has ended', async () => {
    customer.hold();
    const requested = customer.nextRequest();
    const response = await lookUp(account, { times: 2, breaker: 'count-failures-only' });
    const lines = createInterface({ input: Readable.fromWeb(response.body as never) })[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> => {
      const { value } = await lines.next();
      const line: Line = JSON.parse(String(value));
      return line['type'] === 'call' ? `call ${String(line['n'])}` : line['type'];
    };

    const first = await next();
    const requestedAgain = requested.then(async (held) => {
      const again = customer.nextRequest();
      respondWithCustomer(held);
      return again;
    });
    const second = await next();
    respondWithCustomer(await requestedAgain);
    const rest = [await next(), await next()];

    expect([first, second, ...rest]).toEqual(['start', 'call 1', 'call 2', 'end']);
  });

  it('end when the client disconnects', async () => {
    customer.hold();
    const reader = new AbortController();
    const requested = customer.nextRequest();
    const response = await lookUp(account, { times: 100, breaker: 'count-failures-only' }, reader.signal);
    const held = await requested;
    const closed = once(held, 'close');

    reader.abort();

    await expect(response.text()).rejects.toThrow('aborted');
    await closed;
    const { body } = await account.http().get('/experiments/breakers');
    expect(customer.requests).toHaveLength(1);
    expect(body[1]).toMatchObject({ name: 'count-failures-only', metrics: { bufferedCalls: 0, failedCalls: 0 } });
  });

  it('report a failed call as failed', async () => {
    customer.respondWith(500);

    const lines = await linesOf(await lookUp(account, { times: 1, breaker: 'count-slow' }));

    expect(lines[1]).toMatchObject({ n: 1, outcome: 'failed', state: 'CLOSED' });
  });
});

describe('the faults of customer, set through account', () => {
  let customers: RunningCustomer[];
  let account: RunningAccount;

  beforeAll(async () => {
    customers = await Promise.all([startCustomer({ FAULTS_TOKEN: token }), startCustomer({ FAULTS_TOKEN: token })]);
    const urls = customers.map(({ url }) => url).join(',');
    account = await startAccount({ DEMO_MODE: 'true', CUSTOMER_URL: urls });
  });

  afterAll(() => Promise.all([account.stop(), ...customers.map((customer) => customer.stop())]));

  const change = (method: 'put' | 'patch', body: object, authorization = `Bearer ${token}`) =>
    account.http()[method]('/experiments/customer-faults').set('authorization', authorization).send(body);

  it('apply to every replica until they are removed', async () => {
    const set = await change('put', { latency: '2s' });
    const added = await change('patch', { errors: [{ status: 503, rate: 0.5 }] });
    const removed = await account.http().delete('/experiments/customer-faults').set('authorization', `Bearer ${token}`);

    const active = ({ body }: { body: { replicas: { body: { active: string[] } }[] } }) =>
      body.replicas.map((replica) => replica.body.active);
    expect([set.status, added.status, removed.status]).toEqual([200, 200, 200]);
    expect(active(set)).toEqual([['latency'], ['latency']]);
    expect(active(added)).toEqual([
      ['latency', 'errors'],
      ['latency', 'errors'],
    ]);
    expect(active(removed)).toEqual([[], []]);
  });

  it('are checked by customer, whose responses are passed on', async () => {
    const refused = await change('put', { latency: '2s' }, 'Bearer wrong');
    const invalid = await change('put', { latency: 'soon' });

    expect(refused.status).toBe(401);
    expect(invalid.status).toBe(400);
    expect(invalid.body.replicas[0].body).toMatchObject({ type: 'urn:breakwater:problem:invalid-request' });
  });
});
