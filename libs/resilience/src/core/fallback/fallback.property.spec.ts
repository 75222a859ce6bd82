import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Fallback } from './fallback.ts';

/** What the call and each handler do: answer, or throw the error of this number. */
const end = fc.oneof(fc.constant('answers' as const), fc.integer({ min: 0, max: 3 }));
const handlerPlan = fc.record({ takes: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }), end });

const errors = [0, 1, 2, 3].map((number) => new Error(`error ${number}`));

describe('A chain of fallbacks', () => {
  it('is answered by the first handler that takes the error of the moment, whatever the plan', async () => {
    await fc.assert(
      fc.asyncProperty(end, fc.array(handlerPlan, { maxLength: 5 }), async (callEnd, plans) => {
        const asked: number[] = [];
        const told: string[] = [];
        const finish = (what: 'answers' | number, answer: string): string => {
          if (what === 'answers') return answer;
          throw errors[what]!;
        };
        const handlers = plans.map((plan, index) => ({
          on: (error: unknown) => plan.takes.some((number) => errors[number] === error),
          handle: () => {
            asked.push(index);
            return finish(plan.end, `handler ${index}`);
          },
        }));
        const fallback = new Fallback('customer', { handlers }, { clock: new FakeClock() });
        fallback.onEvent((event) => told.push(`${event.type} ${event.handlerIndex}`));

        const outcome = await fallback.execute(() => finish(callEnd, 'call')).catch((error: unknown) => error);

        // The definition: walk down the list with the error of the moment in hand.
        let inHand: 'answers' | number = callEnd;
        let expected: unknown = callEnd === 'answers' ? 'call' : errors[callEnd];
        const expectedAsked: number[] = [];
        const expectedTold: string[] = [];
        for (const [index, plan] of plans.entries()) {
          if (inHand === 'answers' || !plan.takes.includes(inHand)) continue;
          expectedAsked.push(index);
          expectedTold.push(`${plan.end === 'answers' ? 'FALLBACK' : 'FALLBACK_FAILED'} ${index}`);
          inHand = plan.end;
          expected = inHand === 'answers' ? `handler ${index}` : errors[inHand];
        }
        expect(outcome).toBe(expected);
        expect(asked).toStrictEqual(expectedAsked);
        expect(told).toStrictEqual(expectedTold);
      }),
    );
  });
});
