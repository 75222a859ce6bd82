import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { CallAbortedOnOpenError } from './circuit-breaker.errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { type CircuitBreakerOptions, circuitBreakerOptions } from './circuit-breaker.options.ts';
import { mergeOptions } from '../options.ts';

function setUp(options: CircuitBreakerOptions, random?: () => number) {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker(
    'customer',
    mergeOptions(
      circuitBreakerOptions.rules,
      { waitDurationInOpenState: '10s', permittedNumberOfCallsInHalfOpenState: 2 },
      options,
    ),
    { clock, ...(random && { random }) },
  );
  const events: string[] = [];
  breaker.onEvent((event) => {
    if (event.type === 'STATE_TRANSITION') events.push(`${event.fromState}->${event.toState}`);
    if (event.type === 'RAMP_UP') events.push(`RAMP_UP ${event.admissionPercentage}`);
    if (event.type === 'HEALTH_PROBE') events.push(`HEALTH_PROBE ${event.isHealthy}`);
  });
  return { clock, breaker, events };
}

/** Runs the reactions of promises that are already settled. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe('combinedRateThreshold', () => {
  it('opens when failed and slow calls together reach it, and counts a slow failure once', () => {
    const { breaker } = setUp({
      slidingWindowSize: 4,
      minimumNumberOfCalls: 4,
      failureRateThreshold: 100,
      slowCallDurationThreshold: 100,
      combinedRateThreshold: 75,
    });
    const exceeded = vi.fn<(event: { combinedRate: number }) => void>();
    breaker.on('COMBINED_RATE_EXCEEDED', exceeded);

    breaker.onError(500, new Error('slow and failed'));
    breaker.onSuccess(500);
    breaker.onSuccess(1);
    breaker.onSuccess(1);
    expect(breaker.metrics.combinedRate).toBe(50);
    expect(breaker.state).toBe('CLOSED');
    breaker.onError(1, new Error('failed'));
    breaker.onSuccess(500);

    expect(breaker.state).toBe('CLOSED');
    breaker.onSuccess(500);
    expect(breaker.metrics.combinedRate).toBe(75);
    expect(breaker.state).toBe('OPEN');
    expect(exceeded).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ combinedRate: 75 }));
  });
});

describe('waitJitterFactor', () => {
  it.each([
    [0, 10_000],
    [0.5, 12_500],
    [0.999, 14_995],
  ])('lengthens the wait at a random number of %d to %d ms', (random, waitMs) => {
    const { breaker } = setUp({ waitJitterFactor: 0.5 }, () => random);

    breaker.transitionToOpenState();

    expect(breaker.remainingMs).toBeCloseTo(waitMs, 6);
  });
});

describe('The random numbers of waitJitterFactor', () => {
  it('are not needed without jitter', () => {
    const random = vi.fn(() => 0.5);
    const { breaker } = setUp({}, random);

    breaker.transitionToOpenState();

    expect(breaker.remainingMs).toBe(10_000);
    expect(random).not.toHaveBeenCalled();
  });

  it('that are invalid lengthen no wait and are reported', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => emitWarning.mockRestore());
    const { breaker } = setUp({ waitJitterFactor: 0.5 }, () => 1);

    breaker.transitionToOpenState();

    expect(breaker.remainingMs).toBe(10_000);
    expect(emitWarning.mock.calls[0]?.[0]).toContain(
      "random of CircuitBreaker 'customer' returned 1, but must return a number of at least 0 and below 1.",
    );
  });
});

describe('healthProbe', () => {
  const probing = { healthProbeInterval: '1s', healthProbeTimeout: 300 } as const;

  it('is called at the interval in OPEN and starts HALF_OPEN when the dependency is healthy', async () => {
    const results = [Promise.reject(new Error('refused')), false, 'healthy'];
    const healthProbe = vi.fn(() => results.shift());
    const { breaker, clock, events } = setUp({ ...probing, healthProbe });
    breaker.transitionToOpenState();

    for (let second = 1; second <= 3; second++) {
      clock.advance(1_000);
      await settle();
    }

    expect(events).toStrictEqual([
      'CLOSED->OPEN',
      'HEALTH_PROBE false',
      'HEALTH_PROBE false',
      'HEALTH_PROBE true',
      'OPEN->HALF_OPEN',
    ]);
    clock.advance(60_000);
    await settle();
    expect(healthProbe).toHaveBeenCalledTimes(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is aborted after its timeout, and called again after the interval', async () => {
    const signals: AbortSignal[] = [];
    const healthProbe = vi.fn(({ signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    const { breaker, clock, events } = setUp({ ...probing, healthProbe });
    breaker.transitionToOpenState();

    clock.advance(1_300);
    await settle();
    clock.advance(1_000);
    await settle();

    expect(events).toStrictEqual(['CLOSED->OPEN', 'HEALTH_PROBE false']);
    expect(signals.map(({ aborted }) => aborted)).toStrictEqual([true, false]);
  });

  it('stops when OPEN ends, and ignores a late result', async () => {
    let report: (value: string) => void = () => {};
    const healthProbe = () => new Promise((resolve) => (report = resolve));
    const { breaker, clock, events } = setUp({ ...probing, healthProbe });
    breaker.transitionToOpenState();
    clock.advance(1_000);

    breaker.transitionToForcedOpenState();
    report('healthy');
    await settle();

    expect(breaker.state).toBe('FORCED_OPEN');
    expect(events).toStrictEqual(['CLOSED->OPEN', 'OPEN->FORCED_OPEN']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not prevent the end of the wait in OPEN', () => {
    const { breaker, clock } = setUp({ ...probing, healthProbe: () => false });
    breaker.transitionToOpenState();

    clock.advance(10_001);

    expect(breaker.tryAcquirePermission()).toBe(true);
    expect(breaker.state).toBe('HALF_OPEN');
  });
});

describe('rampUpSteps', () => {
  const rampUp = { rampUpSteps: [10, 25, 50], rampUpStepDuration: '5s', initialState: 'HALF_OPEN' } as const;

  function startRampUp(options: CircuitBreakerOptions = {}) {
    const scene = setUp({ ...rampUp, ...options });
    scene.breaker.onSuccess(1);
    scene.breaker.onSuccess(1);
    return scene;
  }

  function permittedOf(breaker: CircuitBreaker, calls: number): number {
    let permitted = 0;
    for (let call = 0; call < calls; call++) {
      if (!breaker.tryAcquirePermission()) continue;
      permitted++;
      breaker.onSuccess(1);
    }
    return permitted;
  }

  it('permit a rising share of calls after a successful HALF_OPEN, then close', () => {
    const { breaker, clock, events } = startRampUp();
    const shares: number[] = [];

    for (let step = 0; step < 4; step++) {
      shares.push(permittedOf(breaker, 100));
      clock.advance(5_000);
    }

    expect(shares).toStrictEqual([10, 25, 50, 100]);
    expect(events).toStrictEqual(['RAMP_UP 10', 'RAMP_UP 25', 'RAMP_UP 50', 'HALF_OPEN->CLOSED']);
    expect(breaker.admissionPercentage).toBe(100);
  });

  it('permit the first call after the last step, even if it would have been refused before', () => {
    const { breaker, clock } = startRampUp({ rampUpSteps: [50] });
    expect([1, 2].map(() => breaker.tryAcquirePermission())).toStrictEqual([true, false]);
    expect(breaker.tryAcquirePermission()).toBe(true);

    clock.advance(5_000);

    expect(breaker.tryAcquirePermission()).toBe(true);
    expect(breaker.state).toBe('CLOSED');
  });

  it('set admissionPercentage to the share of the current step', () => {
    const { breaker, clock } = startRampUp();

    expect(breaker.admissionPercentage).toBe(10);
    clock.advance(5_000);
    breaker.tryAcquirePermission();
    expect(breaker.admissionPercentage).toBe(25);
  });

  it('open again when a rate reaches its threshold, with the wait of the next attempt', () => {
    const { breaker, events } = startRampUp({ waitIntervalFunctionInOpenState: (attempt) => attempt * 1_000 });

    breaker.onError(1, new Error('down again'));
    breaker.onError(1, new Error('down again'));

    expect(events.at(-1)).toBe('HALF_OPEN->OPEN');
    expect(breaker.remainingMs).toBe(2_000);
  });

  it('set no timer', () => {
    const { clock } = startRampUp();

    expect(clock.pendingTimers).toBe(0);
  });
});

describe('abortCallsOnOpen and releaseOnOpen', () => {
  it('abort in-flight calls when the circuit breaker opens, and no later call', async () => {
    const { breaker, clock } = setUp({ abortCallsOnOpen: true });
    const hang = ({ signal }: { signal: AbortSignal }) =>
      new Promise<never>((_resolve, reject) => {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the test checks the reason
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const calls = [breaker.execute(hang), breaker.execute(hang)];

    breaker.transitionToOpenState();

    for (const call of calls) await expect(call).rejects.toBeInstanceOf(CallAbortedOnOpenError);
    expect(breaker.metrics.bufferedCalls).toBe(0);
    clock.advance(10_001);
    await expect(breaker.execute(({ signal }) => signal.aborted)).resolves.toBe(false);
  });

  it('pass an abort by the caller to the call', async () => {
    const { breaker } = setUp({ abortCallsOnOpen: true });
    const controller = new AbortController();

    const seen = breaker.execute(({ signal }) => signal, { signal: controller.signal });
    controller.abort('disconnected');

    expect((await seen).reason).toBe('disconnected');
  });

  it('call releaseOnOpen each time the circuit breaker opens', () => {
    const releaseOnOpen = vi.fn<() => void>();
    const { breaker } = setUp({ releaseOnOpen });

    breaker.transitionToOpenState();
    expect(releaseOnOpen).toHaveBeenCalledOnce();
    breaker.transitionToHalfOpenState();
    breaker.transitionToOpenState();
    expect(releaseOnOpen).toHaveBeenCalledTimes(2);
  });

  it('abort nothing after the option was turned off, or without a call', async () => {
    const { breaker } = setUp({ abortCallsOnOpen: true });
    breaker.transitionToOpenState();
    expect(breaker.state).toBe('OPEN');
    breaker.reset();
    const call = Promise.withResolvers<AbortSignal>();
    void breaker.execute(({ signal }) => {
      call.resolve(signal);
      return new Promise(() => {});
    });

    breaker.reconfigure({ abortCallsOnOpen: false });
    breaker.transitionToOpenState();

    expect((await call.promise).aborted).toBe(false);
  });

  it('abort no call that has ended, and leave no listener on the signal of its caller', async () => {
    const { breaker } = setUp({ abortCallsOnOpen: true });
    const { signal } = new AbortController();

    const ended = await breaker.execute((context) => context.signal, { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    breaker.transitionToOpenState();

    expect(ended.aborted).toBe(false);
  });

  it('emit a warning with its error when releaseOnOpen fails, and none without it', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => emitWarning.mockRestore());
    const { breaker } = setUp({});
    breaker.transitionToOpenState();
    await settle();
    expect(emitWarning).not.toHaveBeenCalled();

    breaker.reconfigure({ releaseOnOpen: () => Promise.reject(new Error('the pool is closed')) });
    breaker.transitionToForcedOpenState();
    await settle();

    expect(breaker.state).toBe('FORCED_OPEN');
    expect(emitWarning).toHaveBeenCalledExactlyOnceWith(
      "releaseOnOpen of CircuitBreaker 'customer' failed. The circuit breaker is open anyway.",
      { type: 'ResilienceReleaseWarning', detail: expect.stringContaining('the pool is closed') },
    );
  });
});
