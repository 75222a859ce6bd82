import { describe, expect, it } from 'vitest';
import { EventCounts, type ObservedInstance } from './event-counts.ts';
import { EventEmitter, type EventMap, type Listener, type PolicyEvent, type Unsubscribe } from './events.ts';
import type { EventMeter } from './observability.ts';
import type { NamedInstance } from './policy-definition.ts';

class Counter implements ObservedInstance {
  readonly name = 'customer';
  readonly config = {};
  readonly events = new EventEmitter<EventMap>();

  on(type: string, listener: Listener<never>): Unsubscribe {
    return this.events.on(type, listener as Listener<PolicyEvent>);
  }

  happens(type: string, kind?: string): void {
    this.events.emit({ type, creationTime: 1, ...(kind !== undefined && { kind }) });
  }
}

const meterOf = (counts: object, initial?: readonly Record<string, string>[]) =>
  ({
    type: 'eventCounter',
    name: 'calls_total',
    help: 'Calls.',
    counts,
    initial,
  }) as unknown as EventMeter<NamedInstance>;

describe('The counts of events', () => {
  it('start at 0 for all labels that are known beforehand', () => {
    const labelsOf = ({ kind }: { readonly kind: string }) => ({ kind });
    const counts = new EventCounts(meterOf({ SERVED: { kind: 'served' }, FAILED: labelsOf }, [{ kind: 'late' }]));

    expect(counts.samples()).toStrictEqual([
      [0, { kind: 'late' }],
      [0, { kind: 'served' }],
    ]);
  });

  it('rise with each event of the counted types, by its labels', () => {
    const counts = new EventCounts(
      meterOf({ SERVED: { kind: 'served' }, FAILED: ({ kind }: { readonly kind: string }) => ({ kind }) }),
    );
    const counter = new Counter();
    counts.follow(counter);

    counter.happens('SERVED');
    counter.happens('SERVED');
    counter.happens('FAILED', 'late');
    counter.happens('FAILED', 'served');
    counter.happens('SKIPPED');

    expect(counts.samples()).toStrictEqual([
      [3, { kind: 'served' }],
      [1, { kind: 'late' }],
    ]);
  });

  it('have no labels where the type of event has none', () => {
    const counts = new EventCounts(meterOf({ SERVED: undefined }));
    const counter = new Counter();
    expect(counts.samples()).toStrictEqual([]);

    counts.follow(counter);
    counter.happens('SERVED');

    expect(counts.samples()).toStrictEqual([[1, {}]]);
  });

  it('stay when an instance is no longer followed', () => {
    const counts = new EventCounts(meterOf({ SERVED: {}, FAILED: () => ({ kind: 'failed' }) }));
    const counter = new Counter();
    const stop = counts.follow(counter);
    counter.happens('SERVED');

    stop();
    counter.happens('SERVED');
    counter.happens('FAILED');

    expect(counts.samples()).toStrictEqual([[1, {}]]);
    expect(counter.events.hasListener('SERVED')).toBe(false);
  });
});
