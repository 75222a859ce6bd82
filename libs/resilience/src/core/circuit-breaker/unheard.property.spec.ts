import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { CircuitBreakerOptions } from './circuit-breaker.options.ts';

/** `late` and `overtaken` end well when the state that admitted them is over: the circuit breaker was put back, or opened. */
type End = 'good' | 'slow' | 'bad' | 'thrown' | 'late' | 'overtaken';

const options: readonly CircuitBreakerOptions[] = [
  {},
  { recordResult: (result) => result === 'bad' },
  {
    transitionOnResult: (outcome) =>
      'result' in outcome && outcome.result === 'bad' ? { toState: 'OPEN' } : 'NO_TRANSITION',
  },
];

async function play(ends: readonly End[], given: CircuitBreakerOptions, isHeard: boolean): Promise<unknown[]> {
  const clock = new FakeClock();
  const window = { slidingWindowSize: 4, minimumNumberOfCalls: 2, slowCallDurationThreshold: '1s' } as const;
  const breaker = new CircuitBreaker('customer', { ...window, ...given }, { clock });
  if (isHeard) breaker.onEvent(() => {});
  const seen: unknown[] = [];
  for (const end of ends) {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const call = breaker.execute(() => promise).catch(() => {});
    if (end === 'slow') clock.advance(2_000);
    if (end === 'late') breaker.reset();
    if (end === 'overtaken') breaker.transitionToOpenState();
    if (end === 'thrown') reject(new Error('outage'));
    else resolve(end);
    await call;
    promise.catch(() => {});
    seen.push([breaker.state, breaker.metrics]);
  }
  return seen;
}

describe('A circuit breaker that nobody listens to', () => {
  it('judges as one that is heard, whatever its calls come to', async () => {
    const end = fc.constantFrom<End>('good', 'slow', 'bad', 'thrown', 'late', 'overtaken');
    await fc.assert(
      fc.asyncProperty(fc.array(end, { maxLength: 20 }), fc.constantFrom(...options), async (ends, given) => {
        expect(await play(ends, given, false)).toStrictEqual(await play(ends, given, true));
      }),
    );
  });

  it('counts a value that is recorded as a failure, and no result that comes too late', async () => {
    const [, , last] = await play(['good', 'bad', 'bad'], options[1]!, false);
    expect(last).toMatchObject(['OPEN', { failedCalls: 1 }]);
    expect(await play(['late'], options[0]!, false)).toMatchObject([['CLOSED', { bufferedCalls: 0 }]]);
    expect(await play(['overtaken'], options[0]!, false)).toMatchObject([['OPEN', { bufferedCalls: 0 }]]);
  });
});
