import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { secondsOf } from '../protocol/messages.ts';
import { LoadGenerator, openAccountsAt, type OpenAccount, progressOf } from './load-generator.ts';

const steady = (rate: number, seconds: number) => ({ startRate: rate, stages: [{ rate, seconds }] });

function setUp(open: OpenAccount = async () => 201) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  let now = 1_000_000;
  const opened = vi.fn(open);
  const load = new LoadGenerator(true, opened, () => now);
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) jump(50);
    await new Promise(setImmediate);
  };
  /** The timer of the process was late. */
  const jump = (ms: number): void => {
    now += ms;
    vi.advanceTimersToNextTimer();
  };
  return { load, opened, pass, jump };
}

describe('the load generator', () => {
  it('sends at its rate, ends after its time, and counts the responses', async () => {
    const { load, opened, pass } = setUp();
    load.start(steady(20, 3));

    await pass(10_000);

    expect(opened).toHaveBeenCalledTimes(60);
    expect(load.state).toMatchObject({ rate: 0, endsAt: null, sent: 60, responses: { 201: 60 } });
  });

  it('has a timer only while it sends', async () => {
    const { load, pass } = setUp();
    expect(vi.getTimerCount()).toBe(0);

    load.start(steady(20, 3));
    load.start(steady(30, 3));
    expect(vi.getTimerCount()).toBe(1);
    await pass(3_000);

    expect(vi.getTimerCount()).toBe(0);
  });

  it('follows the rates of its plan', async () => {
    const { load, opened, pass } = setUp();
    load.start({
      startRate: 10,
      stages: [
        { rate: 10, seconds: 2 },
        { rate: 50, seconds: 2 },
        { rate: 50, seconds: 2 },
      ],
    });

    await pass(2_000);
    expect(opened).toHaveBeenCalledTimes(20);
    await pass(1_000);
    expect(load.state.rate).toBe(30);
    await pass(5_000);
    expect(opened).toHaveBeenCalledTimes(20 + 60 + 100);
  });

  it('keeps its counts when another plan replaces the running one, and resets them after the end', async () => {
    const { load, pass } = setUp();
    load.start(steady(10, 10));
    await pass(1_000);
    load.start(steady(20, 1));
    await pass(2_000);
    expect(load.state.sent).toBe(30);

    load.start(steady(10, 1));
    expect(load.state.sent).toBe(0);
  });

  it('uses an idempotency key for each account, and many customers', async () => {
    const { load, opened, pass } = setUp();
    load.start(steady(100, 10));

    await pass(2_000);

    expect(new Set(opened.mock.calls.map(([, key]) => key)).size).toBe(200);
    expect(new Set(opened.mock.calls.map(([{ customerId }]) => customerId)).size).toBeGreaterThan(20);
  });

  it('sends at most one second of load at once after a pause', () => {
    const { load, opened, jump } = setUp();
    load.start(steady(50, 100));

    jump(20_000);

    expect(opened).toHaveBeenCalledTimes(50);
  });

  it('skips requests while 200 are in flight', async () => {
    const { load, opened, pass } = setUp(() => new Promise(() => {}));
    load.start(steady(100, 10));

    await pass(3_000);

    expect(opened).toHaveBeenCalledTimes(200);
    expect(load.state.skipped).toBe(100);
  });

  it('counts requests without a response as status 0', async () => {
    const { load, pass } = setUp(() => Promise.reject(new Error('refused')));
    load.start(steady(20, 1));

    await pass(1_500);

    expect(load.state.responses).toEqual({ 0: 20 });
  });

  it('sends nothing after stop()', async () => {
    const { load, opened, pass } = setUp();
    load.start(steady(20, 60));
    await pass(1_000);
    load.stop();

    await pass(1_000);

    expect(opened).toHaveBeenCalledTimes(20);
  });
});

const plan = {
  startRate: 10,
  stages: [
    { rate: 10, seconds: 5 },
    { rate: 30, seconds: 4 },
    { rate: 30, seconds: 1 },
  ],
};

describe('a load plan', () => {
  it('lasts as long as its stages together', () => {
    expect(secondsOf(plan)).toBe(10);
  });

  it.each([
    ['at the start', 0, 0, 10],
    ['in a stage that holds the rate', 3, 30, 10],
    // Halfway from 10 to 30: two seconds of 15 on average.
    ['in a stage that changes the rate', 7, 50 + 2 * 15, 20],
    ['at the end', 10, 50 + 4 * 20 + 30, 30],
    ['after the end', 99, 50 + 4 * 20 + 30, 30],
  ])('%s, the due requests are the sum of the rates', (_when, elapsed, due, rate) => {
    const progress = progressOf(plan, elapsed);

    expect(progress.due).toBeCloseTo(due, 9);
    expect(progress.rate).toBeCloseTo(rate, 9);
  });
});

describe('opening accounts', () => {
  const account = { customerId: 'c-1001', currency: 'EUR' };

  async function startServer(respond: RequestListener) {
    const server = createServer(respond).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const connected = vi.fn();
    server.on('connection', connected);
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connected };
  }

  it('returns the status, and keeps the connection for the next request', async () => {
    const { url, connected } = await startServer((_, response) => response.writeHead(201).end('{"id":"1"}'));
    const open = openAccountsAt(url);

    expect(await open(account, 'key-1')).toBe(201);
    expect(await open(account, 'key-2')).toBe(201);

    expect(connected).toHaveBeenCalledOnce();
  });

  it('fails when there is no response in time', async () => {
    const { url } = await startServer(() => {});

    await expect(openAccountsAt(url, 20)(account, 'key')).rejects.toThrow('no response within 20 ms');
  });
});
