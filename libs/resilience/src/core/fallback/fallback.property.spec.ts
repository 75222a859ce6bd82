import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Fallback } from './fallback.ts';

/** The outcome of the call and of each handler: a result, or the error with this number. */
const outcome = fc.oneof(fc.constant('result' as const), fc.integer({ min: 0, max: 3 }));
const handlerPlan = fc.record({ matches: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }), outcome });

const errors = [0, 1, 2, 3].map((number) => new Error(`error ${number}`));

describe('A fallback', () => {
  it('calls each handler that matches the current error, in order, until one returns a result', async () => {
    await fc.assert(
      fc.asyncProperty(outcome, fc.array(handlerPlan, { maxLength: 5 }), async (callOutcome, plans) => {
        const called: number[] = [];
        const events: string[] = [];
        const end = (outcome: 'result' | number, result: string): string => {
          if (outcome === 'result') return result;
          throw errors[outcome]!;
        };
        const handlers = plans.map((plan, index) => ({
          on: (error: unknown) => plan.matches.some((number) => errors[number] === error),
          handle: () => {
            called.push(index);
            return end(plan.outcome, `handler ${index}`);
          },
        }));
        const fallback = new Fallback('customer', { handlers }, { clock: new FakeClock() });
        fallback.onEvent((event) => events.push(`${event.type} ${event.handlerIndex}`));

        const actual = await fallback.execute(() => end(callOutcome, 'call')).catch((error: unknown) => error);

        // The model: go through the list with the current error.
        let current: 'result' | number = callOutcome;
        let expected: unknown = callOutcome === 'result' ? 'call' : errors[callOutcome];
        const expectedCalled: number[] = [];
        const expectedEvents: string[] = [];
        for (const [index, plan] of plans.entries()) {
          if (current === 'result' || !plan.matches.includes(current)) continue;
          expectedCalled.push(index);
          expectedEvents.push(`${plan.outcome === 'result' ? 'FALLBACK' : 'FALLBACK_FAILED'} ${index}`);
          current = plan.outcome;
          expected = current === 'result' ? `handler ${index}` : errors[current];
        }
        expect(actual).toBe(expected);
        expect(called).toStrictEqual(expectedCalled);
        expect(events).toStrictEqual(expectedEvents);
      }),
    );
  });
});
