import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { LastGoodValues } from './last-good-values.ts';

type Step =
  | { readonly kind: 'begin' | 'find' | 'forget'; readonly key: string }
  | { readonly kind: 'end'; readonly which: number }
  | { readonly kind: 'advance'; readonly ms: number };

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: key.map((key): Step => ({ kind: 'begin', key })) },
  { weight: 4, arbitrary: fc.nat(3).map((which): Step => ({ kind: 'end', which })) },
  { weight: 3, arbitrary: key.map((key): Step => ({ kind: 'find', key })) },
  { weight: 1, arbitrary: key.map((key): Step => ({ kind: 'forget', key })) },
  { weight: 1, arbitrary: fc.nat(100).map((ms): Step => ({ kind: 'advance', ms })) },
);

/** By default an array has about ten steps, too few to reach the capacity. */
const stepLists = fc.array(step, { maxLength: 100, size: 'max' });

describe('LastGoodValues', () => {
  it('contains the same values as a model: a list in the order of use, cut to its capacity', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), stepLists, (capacity, steps) => {
        const clock = new FakeClock();
        const values = new LastGoodValues(capacity, clock);
        let model: { key: string; value: number; at: number }[] = [];
        let inFlight: { key: string; callNumber: number; isOutdated: boolean }[] = [];
        let forgotten: { key: string; callNumber: number }[] = [];
        let lastCall = 0;

        for (const each of steps) {
          if (each.kind === 'advance') clock.advance(each.ms);
          if (each.kind === 'begin') {
            lastCall = values.startCall();
            inFlight.push({ key: each.key, callNumber: lastCall, isOutdated: false });
          }
          if (each.kind === 'forget') {
            values.forget(each.key);
            model = model.filter(({ key }) => key !== each.key);
            forgotten = [...forgotten.filter(({ key }) => key !== each.key), { key: each.key, callNumber: lastCall }];
            // Only `capacity` forgotten keys are tracked. Beyond that, no result of a call older than a dropped one is
            // stored.
            const lastDropped = forgotten.slice(0, -capacity).at(-1)?.callNumber ?? 0;
            forgotten = forgotten.slice(-capacity);
            inFlight = inFlight.map((call) => ({
              ...call,
              isOutdated: call.isOutdated || call.key === each.key || call.callNumber <= lastDropped,
            }));
          }
          if (each.kind === 'end') {
            const [call] = inFlight.splice(each.which, 1);
            if (call === undefined) continue;
            // The number of the call serves as its result.
            values.store(call.key, call.callNumber, call.callNumber);
            const present = model.find(({ key }) => key === call.key);
            if (!call.isOutdated && (present === undefined || present.value < call.callNumber)) {
              model = [
                ...model.filter(({ key }) => key !== call.key),
                { key: call.key, value: call.callNumber, at: clock.now() },
              ];
              model = model.slice(-capacity);
            }
          }
          if (each.kind === 'find') {
            const present = model.find(({ key }) => key === each.key);
            const expected = present && { value: present.value, ageMs: clock.now() - present.at };
            expect(values.find(each.key)).toStrictEqual(expected);
            if (present) model = [...model.filter((entry) => entry !== present), present];
          }
          expect(values.size).toBe(model.length);
        }
      }),
    );
  });
});
