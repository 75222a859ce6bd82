import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readDeadline } from './deadline.ts';
import { durationText, parseDuration } from './duration.ts';
import { parseRetryAfter } from './retry/http-retry.ts';

const numbers = fc.oneof(
  fc.double().map(String),
  fc.bigInt().map(String),
  // Up to more than a number can be.
  fc
    .tuple(fc.constantFrom('', '-'), fc.integer({ min: 1, max: 400 }))
    .map(([sign, digits]) => sign + '9'.repeat(digits)),
);
const durations = fc.oneof(
  fc.string(),
  fc.tuple(numbers, fc.constantFrom('', ' ', 'ns', 'us', 'ms', 's', 'M', 'h', 'd', 'w')).map((parts) => parts.join('')),
  fc
    .tuple(
      fc.constantFrom('P', '-P', 'p', '+PT'),
      numbers,
      fc.constantFrom('D', 'DT', ''),
      numbers,
      fc.constantFrom('H', 'M', 'S', ''),
    )
    .map((parts) => parts.join('')),
);

it('any text is a duration of a finite number of milliseconds, or none', () => {
  fc.assert(
    fc.property(durations, (text) => {
      const ms = parseDuration(text);
      expect(ms === undefined || Number.isFinite(ms)).toBe(true);
    }),
  );
});

it('a duration is read as it was written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), fc.constantFrom('d', 'h', 'm', 's'), (ms, unit) => {
      expect(parseDuration(durationText(ms, unit as 's'))).toBe(ms);
    }),
  );
});

it('any Retry-After is a wait of at least 0 ms, or none', () => {
  const dates = fc.date({ noInvalidDate: true }).map((date) => date.toUTCString());
  const header = fc.oneof(
    fc.string(),
    numbers,
    dates,
    fc.tuple(dates, fc.string()).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(header, fc.integer({ min: 0, max: 4e12 }), (header, nowMs) => {
      const ms = parseRetryAfter(header, nowMs);
      expect(ms === undefined || ms >= 0).toBe(true);
    }),
  );
});

it('any deadline of a caller leaves between 0 and ten digits of milliseconds, or there is none', () => {
  const header = fc.oneof(fc.string(), numbers, fc.array(numbers), fc.constant(undefined));
  fc.assert(
    fc.property(header, (header) => {
      const deadline = readDeadline(header, { networkAllowance: 0 });
      if (deadline === undefined) return;
      expect(deadline.remainingRealMs).toBeGreaterThanOrEqual(0);
      expect(deadline.remainingRealMs).toBeLessThan(1e10);
    }),
  );
});
