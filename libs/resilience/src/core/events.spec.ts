import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { EventBuffer, EventEmitter, EventPublisher, type PolicyEvent, type Unsubscribe } from './events.ts';

interface Tick extends PolicyEvent {
  readonly type: 'TICK';
}

interface Tock extends PolicyEvent {
  readonly type: 'TOCK';
}

// oxlint-disable-next-line typescript/consistent-type-definitions -- an interface has no index signature
type Ticks = { readonly TICK: Tick; readonly TOCK: Tock };

const tick: Tick = { type: 'TICK', creationTime: 1 };
const tock: Tock = { type: 'TOCK', creationTime: 2 };

describe('EventEmitter', () => {
  it('delivers events of a type to its listeners until they unsubscribe', () => {
    const events = new EventEmitter<Ticks>();
    const listener = vi.fn<(event: Tick) => void>();
    const unsubscribe = events.on('TICK', listener);

    events.emit(tick);
    events.emit(tock);
    unsubscribe();
    events.emit(tick);

    expect(listener.mock.calls).toStrictEqual([[tick]]);
  });

  it('delivers events of every type to listeners without a type', () => {
    const events = new EventEmitter<Ticks>();
    const listener = vi.fn<(event: Tick | Tock) => void>();
    const unsubscribe = events.onEvent(listener);

    events.emit(tick);
    events.emit(tock);
    unsubscribe();
    events.emit(tick);

    expect(listener.mock.calls).toStrictEqual([[tick], [tock]]);
  });

  it.each([
    ['one type', (events: EventEmitter<Ticks>, listener: (event: PolicyEvent) => void) => events.on('TICK', listener)],
    ['all types', (events: EventEmitter<Ticks>, listener: (event: PolicyEvent) => void) => events.onEvent(listener)],
  ])('keeps the other registration of a listener of %s that was added twice and removed once', (_types, add) => {
    const events = new EventEmitter<Ticks>();
    const listener = vi.fn<(event: PolicyEvent) => void>();
    const unsubscribe = add(events, listener);
    add(events, listener);

    events.emit(tick);
    unsubscribe();
    unsubscribe();
    events.emit(tick);

    expect(listener.mock.calls).toStrictEqual([[tick], [tick], [tick]]);
  });

  it('reports whether a type has a listener', () => {
    const events = new EventEmitter<Ticks>();
    expect(events.hasListener('TICK')).toBe(false);

    const unsubscribe = events.on('TICK', () => {});
    expect(events.hasListener('TICK')).toBe(true);
    expect(events.hasListener('TOCK')).toBe(false);

    unsubscribe();
    expect(events.hasListener('TICK')).toBe(false);
  });

  it('delivers an event to the other listeners when one unsubscribes meanwhile', () => {
    const events = new EventEmitter<Ticks>();
    const second = vi.fn<(event: Tick) => void>();
    const unsubscribe: Unsubscribe = events.on('TICK', () => unsubscribe());
    events.on('TICK', second);

    events.emit(tick);

    expect(second).toHaveBeenCalledOnce();
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken listener');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken listener'))],
    [
      'rejects with a promise of another realm',
      () => runInNewContext("Promise.reject(new Error('broken listener'))") as unknown,
    ],
  ])('still notifies the other listeners when one %s, and emits a process warning', async (_how, broken) => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const events = new EventEmitter<Ticks>();
    const other = vi.fn<(event: Tick) => void>();
    events.on('TICK', broken);
    events.on('TICK', other);

    events.emit(tick);
    await Promise.resolve();

    expect(other).toHaveBeenCalledOnce();
    expect(emitWarning).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('TICK'),
      expect.objectContaining({ detail: expect.stringContaining('broken listener') }),
    );
    emitWarning.mockRestore();
  });
});

it('A listener that throws what has no text neither throws into the call nor ends the process', () => {
  const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const events = new EventEmitter<Ticks>();
  events.on('TICK', () => {
    // oxlint-disable-next-line typescript/only-throw-error -- anything can be thrown
    throw Object.create(null);
  });

  events.emit(tick);

  expect(emitWarning).toHaveBeenCalledOnce();
  emitWarning.mockRestore();
});

describe('EventBuffer', () => {
  it('keeps the most recent events, oldest first', () => {
    const buffer = new EventBuffer<number>(3);

    expect(buffer.toArray()).toStrictEqual([]);
    buffer.push(1);
    buffer.push(2);
    expect(buffer.toArray()).toStrictEqual([1, 2]);
    buffer.push(3);
    buffer.push(4);
    buffer.push(5);
    expect(buffer.toArray()).toStrictEqual([3, 4, 5]);
  });
});

class Ticker extends EventPublisher<Ticks, 'tickerName'> {
  constructor() {
    super('tickerName', 'clock', { now: () => 1 }, 0);
  }

  tick(details: () => object): void {
    this.emit('TICK', details);
  }
}

describe('EventPublisher', () => {
  it('computes the details of an event only for a listener', () => {
    const ticker = new Ticker();
    const details = vi.fn<() => object>(() => ({}));
    ticker.tick(details);
    ticker.on('TOCK', () => {});
    ticker.tick(details);
    expect(details).not.toHaveBeenCalled();

    const events: PolicyEvent[] = [];
    ticker.on('TICK', (event) => events.push(event));
    ticker.tick(details);

    expect(details).toHaveBeenCalledOnce();
    expect(events).toStrictEqual([{ type: 'TICK', creationTime: 1, tickerName: 'clock' }]);
  });
});
