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

/** By default they would be of some ten steps, too few for keys to crowd others out. */
const story = fc.array(step, { maxLength: 100, size: 'max' });

describe('The last good values', () => {
  it('are those of a plain list, oldest use first, cut to its capacity', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), story, (capacity, steps) => {
        const clock = new FakeClock();
        const values = new LastGoodValues(capacity, clock);
        let model: { key: string; value: number; at: number }[] = [];
        let underWay: { key: string; ticket: number; isOutdated: boolean }[] = [];
        let forgotten: { key: string; ticket: number }[] = [];
        let lastTicket = 0;

        for (const each of steps) {
          if (each.kind === 'advance') clock.advance(each.ms);
          if (each.kind === 'begin') {
            lastTicket = values.begin();
            underWay.push({ key: each.key, ticket: lastTicket, isOutdated: false });
          }
          if (each.kind === 'forget') {
            values.forget(each.key);
            model = model.filter(({ key }) => key !== each.key);
            forgotten = [...forgotten.filter(({ key }) => key !== each.key), { key: each.key, ticket: lastTicket }];
            // There is room for so many that were forgotten; beyond, nothing that began before the oldest is kept.
            const crowdedOut = forgotten.slice(0, -capacity).at(-1)?.ticket ?? 0;
            forgotten = forgotten.slice(-capacity);
            underWay = underWay.map((call) => ({
              ...call,
              isOutdated: call.isOutdated || call.key === each.key || call.ticket <= crowdedOut,
            }));
          }
          if (each.kind === 'end') {
            const [call] = underWay.splice(each.which, 1);
            if (call === undefined) continue;
            // A ticket makes a good value: it says which call it is from.
            values.remember(call.key, call.ticket, call.ticket);
            const present = model.find(({ key }) => key === call.key);
            if (!call.isOutdated && (present === undefined || present.value < call.ticket)) {
              model = [
                ...model.filter(({ key }) => key !== call.key),
                { key: call.key, value: call.ticket, at: clock.now() },
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
