import { describe, expect, it } from 'vitest';
import { filterEvents, toneOf } from './event-filter.ts';

const event = (type: string, replica = 'account-1', detail = '') => ({
  at: 0,
  replica,
  pattern: 'circuitBreaker',
  name: 'customer',
  type,
  detail,
});

describe('the filter of events', () => {
  const events = [event('STATE_TRANSITION'), event('ERROR', 'account-2'), event('NOT_PERMITTED'), event('SUCCESS')];
  const typesOf = (...filter: Parameters<typeof filterEvents>) => filterEvents(...filter).map(({ type }) => type);

  it('lets through what is of the kind', () => {
    expect(typesOf(events, { kind: 'Transitions', replica: '' })).toEqual(['STATE_TRANSITION']);
    expect(typesOf(events, { kind: 'Failures', replica: '' })).toEqual(['ERROR']);
    expect(typesOf(events, { kind: 'Refusals', replica: '' })).toEqual(['NOT_PERMITTED']);
    expect(typesOf(events, { kind: 'All', replica: '' })).toHaveLength(4);
  });

  it('lets through what is of the replica', () => {
    expect(typesOf(events, { kind: 'All', replica: 'account-2' })).toEqual(['ERROR']);
  });
});

describe('the tone of a transition', () => {
  it.each([
    ['OPEN → HALF OPEN', 'warn'],
    ['HALF OPEN → CLOSED', 'good'],
    ['CLOSED → OPEN', 'bad'],
    ['HALF OPEN → OPEN', 'bad'],
  ])('of %s is %s', (detail, tone) => {
    expect(toneOf(event('STATE_TRANSITION', 'account-1', detail))).toBe(tone);
  });
});
