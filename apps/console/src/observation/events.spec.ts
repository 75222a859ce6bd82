import { describe, expect, it } from 'vitest';
import type { PolicyEvent } from '../protocol/messages.ts';
import { EventBatch, policyEvent } from './events.ts';

describe('an event of the actuator', () => {
  const event = {
    pattern: 'circuitBreaker',
    name: 'customer',
    type: 'ERROR',
    creationTime: '2026-01-01T00:00:00.000Z',
    durationInMs: 12,
    errorMessage: 'Error: down',
  };

  it('is converted with its fields as text', () => {
    expect(policyEvent('account-1', { kind: 'event', data: event })).toEqual({
      at: Date.parse(event.creationTime),
      replica: 'account-1',
      policy: 'circuitBreaker',
      name: 'customer',
      type: 'ERROR',
      detail: '12 ms · Error: down',
    });
  });

  it('keeps its trace', () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';

    expect(policyEvent('account-1', { kind: 'event', data: { ...event, traceId } })).toMatchObject({ traceId });
  });

  it('keeps its transition', () => {
    const data = {
      ...event,
      type: 'STATE_TRANSITION' as const,
      durationInMs: null,
      errorMessage: null,
      transition: { from: 'OPEN' as const, to: 'HALF_OPEN' as const },
    };

    expect(policyEvent('account-1', { kind: 'transition', data })).toMatchObject({
      type: 'STATE_TRANSITION',
      transition: { from: 'OPEN', to: 'HALF_OPEN' },
      detail: 'OPEN → HALF OPEN',
    });
  });
});

describe('a batch of events', () => {
  const event = (type: string): PolicyEvent => ({
    at: 0,
    replica: 'a',
    policy: 'circuitBreaker',
    name: 'customer',
    type,
    detail: '',
  });
  const change = { at: 0, replica: 'a', breaker: 'customer', state: 'OPEN' as const };

  it('is empty after its events were taken', () => {
    const batch = new EventBatch(10);
    batch.addEvent(event('ERROR'));

    expect(batch.take()).toEqual({ events: [event('ERROR')], states: [], omitted: 0 });
    expect(batch.take()).toBeUndefined();
  });

  it('omits events of successful calls first, and counts them', () => {
    const batch = new EventBatch(2);
    for (const type of ['SUCCESS', 'STATE_TRANSITION', 'CALL_PERMITTED', 'ERROR']) batch.addEvent(event(type));

    expect(batch.take()).toEqual({ events: [event('STATE_TRANSITION'), event('ERROR')], states: [], omitted: 2 });
  });

  it('omits the oldest event when there is no other, but no state change', () => {
    const batch = new EventBatch(1);
    batch.addEvent(event('ERROR'));
    batch.addStateChange(change);
    batch.addEvent(event('STATE_TRANSITION'));

    expect(batch.take()).toEqual({ events: [event('STATE_TRANSITION')], states: [change], omitted: 1 });
  });
});
