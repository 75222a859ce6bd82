import { describe, expect, it, vi } from 'vitest';
import { Load, type OpenAccount } from './load.ts';

const steady = (rate: number, seconds: number) => ({ startRate: rate, stages: [{ rate, seconds }] });

function make(open: OpenAccount = async () => 201) {
  let now = 1_000_000;
  const opened = vi.fn(open);
  const load = new Load(true, opened, () => now);
  /** A beat every 50 ms. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      now += 50;
      load.beat();
      await Promise.resolve();
    }
    await new Promise(setImmediate);
  };
  const jump = (ms: number): void => {
    now += ms;
    load.beat();
  };
  return { load, opened, pass, jump };
}

describe('the load', () => {
  it('comes at its rate, ends after its time, and counts its answers', async () => {
    const { load, opened, pass } = make();
    load.start(steady(20, 3));

    await pass(10_000);

    expect(opened).toHaveBeenCalledTimes(60);
    expect(load.state).toMatchObject({ rate: 0, endsAt: null, sent: 60, answers: { 201: 60 } });
  });

  it('follows the rates of its plan', async () => {
    const { load, opened, pass } = make();
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

  it('goes on counting when another plan takes over, and begins anew after an end', async () => {
    const { load, pass } = make();
    load.start(steady(10, 10));
    await pass(1_000);
    load.start(steady(20, 1));
    await pass(2_000);
    expect(load.state.sent).toBe(30);

    load.start(steady(10, 1));
    expect(load.state.sent).toBe(0);
  });

  it('has another idempotency key for each account, and many customers', async () => {
    const { load, opened, pass } = make();
    load.start(steady(100, 10));

    await pass(2_000);

    expect(new Set(opened.mock.calls.map(([, key]) => key)).size).toBe(200);
    expect(new Set(opened.mock.calls.map(([{ customerId }]) => customerId)).size).toBeGreaterThan(20);
  });

  it('sends no more than a second of it at once after it was held up', () => {
    const { load, opened, jump } = make();
    load.start(steady(50, 100));

    jump(20_000);

    expect(opened).toHaveBeenCalledTimes(50);
  });

  it('leaves out what would wait beside 200 others', async () => {
    const { load, opened, pass } = make(() => new Promise(() => {}));
    load.start(steady(100, 10));

    await pass(3_000);

    expect(opened).toHaveBeenCalledTimes(200);
    expect(load.state.skipped).toBe(100);
  });

  it('counts what was not answered as 0', async () => {
    const { load, pass } = make(() => Promise.reject(new Error('refused')));
    load.start(steady(20, 1));

    await pass(1_500);

    expect(load.state.answers).toEqual({ 0: 20 });
  });

  it('stops when it is told to', async () => {
    const { load, opened, pass } = make();
    load.start(steady(20, 60));
    await pass(1_000);
    load.stop();

    await pass(1_000);

    expect(opened).toHaveBeenCalledTimes(20);
  });
});
