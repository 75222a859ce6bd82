import { describe, expect, it } from 'vitest';
import { EventBatch } from './event-batch.ts';

const event = (type: string) => ({
  at: 0,
  replica: 'a',
  pattern: 'circuitBreaker',
  name: 'customer',
  type,
  detail: '',
});

describe('a batch of events', () => {
  it('is taken once', () => {
    const batch = new EventBatch(10);
    batch.add(event('ERROR'));

    expect(batch.take()).toEqual({ events: [event('ERROR')], omitted: 0 });
    expect(batch.take()).toBeUndefined();
  });

  it('leaves out calls that went well first, and says how many', () => {
    const batch = new EventBatch(2);
    for (const type of ['SUCCESS', 'STATE_TRANSITION', 'CALL_PERMITTED', 'ERROR']) batch.add(event(type));

    expect(batch.take()).toEqual({ events: [event('STATE_TRANSITION'), event('ERROR')], omitted: 2 });
  });

  it('leaves out the oldest when all of them matter', () => {
    const batch = new EventBatch(1);
    batch.add(event('ERROR'));
    batch.add(event('STATE_TRANSITION'));

    expect(batch.take()).toEqual({ events: [event('STATE_TRANSITION')], omitted: 1 });
  });
});
