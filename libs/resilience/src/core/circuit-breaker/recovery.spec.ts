import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { CallAbortedOnOpenError } from './circuit-breaker.errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { type CircuitBreakerOptions, mergeCircuitBreakerOptions } from './circuit-breaker.options.ts';

function setUp(options: CircuitBreakerOptions, random?: () => number) {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker(
    'customer',
    mergeCircuitBreakerOptions({ waitDurationInOpenState: '10s', permittedNumberOfCallsInHalfOpenState: 2 }, options),
    { clock, ...(random && { random }) },
  );
  const told: string[] = [];
  breaker.onEvent((event) => {
    if (event.type === 'STATE_TRANSITION') told.push(`${event.fromState}->${event.toState}`);
    if (event.type === 'RAMP_UP') told.push(`RAMP_UP ${event.admissionPercentage}`);
    if (event.type === 'HEALTH_PROBE') told.push(`HEALTH_PROBE ${event.isHealthy}`);
  });
  return { clock, breaker, told };
}

/** Lets promises that are settled already tell those who wait for them. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe('A joint threshold', () => {
  it('opens when failures and slow calls together reach it, counting a slow failure once', () => {
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

describe('Jitter on the wait in OPEN', () => {
  it.each([
    [0, 10_000],
    [0.5, 12_500],
    [0.999, 14_995],
  ])('lengthens the wait, at a draw of %d to %d ms', (random, waitMs) => {
    const { breaker } = setUp({ waitJitterFactor: 0.5 }, () => random);

    breaker.transitionToOpenState();

    expect(breaker.remainingMs).toBeCloseTo(waitMs, 6);
  });
});

describe('A health probe', () => {
  const probing = { healthProbeInterval: '1s', healthProbeTimeout: 300 } as const;

  it('is asked at the interval while OPEN, and begins HALF_OPEN when the answer is good', async () => {
    const answers = [Promise.reject(new Error('refused')), false, 'well'];
    const healthProbe = vi.fn(() => answers.shift());
    const { breaker, clock, told } = setUp({ ...probing, healthProbe });
    breaker.transitionToOpenState();

    for (let second = 1; second <= 3; second++) {
      clock.advance(1_000);
      await settle();
    }

    expect(told).toStrictEqual([
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

  it('is given up when it does not answer in time, and asked again', async () => {
    const signals: AbortSignal[] = [];
    const healthProbe = vi.fn(({ signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    const { breaker, clock, told } = setUp({ ...probing, healthProbe });
    breaker.transitionToOpenState();

    clock.advance(1_300);
    await settle();
    clock.advance(1_000);
    await settle();

    expect(told).toStrictEqual(['CLOSED->OPEN', 'HEALTH_PROBE false']);
    expect(signals.map(({ aborted }) => aborted)).toStrictEqual([true, false]);
  });

  it('is stopped when OPEN ends, and a late answer changes nothing', async () => {
    let answer: (value: string) => void = () => {};
    const healthProbe = () => new Promise((resolve) => (answer = resolve));
    const { breaker, clock, told } = setUp({ ...probing, healthProbe });
    breaker.transitionToOpenState();
    clock.advance(1_000);

    breaker.transitionToForcedOpenState();
    answer('well');
    await settle();

    expect(breaker.state).toBe('FORCED_OPEN');
    expect(told).toStrictEqual(['CLOSED->OPEN', 'OPEN->FORCED_OPEN']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not keep the wait from ending OPEN as usual', () => {
    const { breaker, clock } = setUp({ ...probing, healthProbe: () => false });
    breaker.transitionToOpenState();

    clock.advance(10_001);

    expect(breaker.tryAcquirePermission()).toBe(true);
    expect(breaker.state).toBe('HALF_OPEN');
  });
});

describe('A ramp-up', () => {
  const rampUp = { rampUpSteps: [10, 25, 50], rampUpStepDuration: '5s', initialState: 'HALF_OPEN' } as const;

  function begin(options: CircuitBreakerOptions = {}) {
    const subject = setUp({ ...rampUp, ...options });
    subject.breaker.onSuccess(1);
    subject.breaker.onSuccess(1);
    return subject;
  }

  function admittedOf(breaker: CircuitBreaker, calls: number): number {
    let admitted = 0;
    for (let call = 0; call < calls; call++) {
      if (!breaker.tryAcquirePermission()) continue;
      admitted++;
      breaker.onSuccess(1);
    }
    return admitted;
  }

  it('lets a rising share of calls through after HALF_OPEN has succeeded, and then closes', () => {
    const { breaker, clock, told } = begin();
    const shares: number[] = [];

    for (let step = 0; step < 4; step++) {
      shares.push(admittedOf(breaker, 100));
      clock.advance(5_000);
    }

    expect(shares).toStrictEqual([10, 25, 50, 100]);
    expect(told).toStrictEqual(['RAMP_UP 10', 'RAMP_UP 25', 'RAMP_UP 50', 'HALF_OPEN->CLOSED']);
    expect(breaker.admissionPercentage).toBe(100);
  });

  it('shows the share it lets through', () => {
    const { breaker, clock } = begin();

    expect(breaker.admissionPercentage).toBe(10);
    clock.advance(5_000);
    breaker.tryAcquirePermission();
    expect(breaker.admissionPercentage).toBe(25);
  });

  it('opens again when a rate reaches its threshold on the way, and waits for the next attempt', () => {
    const { breaker, told } = begin({ waitIntervalFunctionInOpenState: (attempt) => attempt * 1_000 });

    breaker.onError(1, new Error('down again'));
    breaker.onError(1, new Error('down again'));

    expect(told.at(-1)).toBe('HALF_OPEN->OPEN');
    expect(breaker.remainingMs).toBe(2_000);
  });

  it('holds no timer', () => {
    const { clock } = begin();

    expect(clock.pendingTimers).toBe(0);
  });
});

describe('Release', () => {
  it('aborts the calls under way when the circuit breaker opens, and none that come later', async () => {
    const { breaker, clock } = setUp({ abortCallsOnOpen: true });
    const hang = ({ signal }: { signal: AbortSignal }) =>
      new Promise<never>((_resolve, reject) => {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason is what is looked at
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const calls = [breaker.execute(hang), breaker.execute(hang)];

    breaker.transitionToOpenState();

    for (const call of calls) await expect(call).rejects.toBeInstanceOf(CallAbortedOnOpenError);
    expect(breaker.metrics.bufferedCalls).toBe(0);
    clock.advance(10_001);
    await expect(breaker.execute(({ signal }) => signal.aborted)).resolves.toBe(false);
  });

  it('still hands the caller’s abort on', async () => {
    const { breaker } = setUp({ abortCallsOnOpen: true });
    const controller = new AbortController();

    const seen = breaker.execute(({ signal }) => signal, { signal: controller.signal });
    controller.abort('gone');

    expect((await seen).reason).toBe('gone');
  });

  it('drops connections when the circuit breaker opens, each time', () => {
    const releaseOnOpen = vi.fn<() => void>();
    const { breaker } = setUp({ releaseOnOpen });

    breaker.transitionToOpenState();
    expect(releaseOnOpen).toHaveBeenCalledOnce();
    breaker.transitionToHalfOpenState();
    breaker.transitionToOpenState();
    expect(releaseOnOpen).toHaveBeenCalledTimes(2);
  });

  it('is not hurt by connections that cannot be dropped', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { breaker } = setUp({ releaseOnOpen: () => Promise.reject(new Error('no')) });

    breaker.transitionToOpenState();
    await settle();

    expect(breaker.state).toBe('OPEN');
    expect(emitWarning).toHaveBeenCalledOnce();
    emitWarning.mockRestore();
  });
});
