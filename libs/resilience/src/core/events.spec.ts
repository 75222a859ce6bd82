import { describe, expect, it, vi } from 'vitest';
import { EventBuffer } from './event-buffer.ts';
import { EventEmitter, type PolicyEvent, type Unsubscribe } from './events.ts';

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
  it('tells listeners of a type about events of that type, until they leave', () => {
    const events = new EventEmitter<Ticks>();
    const listener = vi.fn<(event: Tick) => void>();
    const leave = events.on('TICK', listener);

    events.emit(tick);
    events.emit(tock);
    leave();
    events.emit(tick);

    expect(listener.mock.calls).toStrictEqual([[tick]]);
  });

  it('tells listeners of everything about every event', () => {
    const events = new EventEmitter<Ticks>();
    const listener = vi.fn<(event: Tick | Tock) => void>();
    const leave = events.onAny(listener);

    events.emit(tick);
    events.emit(tock);
    leave();
    events.emit(tick);

    expect(listener.mock.calls).toStrictEqual([[tick], [tock]]);
  });

  it('knows whether anybody listens', () => {
    const events = new EventEmitter<Ticks>();
    expect(events.hears('TICK')).toBe(false);

    const leave = events.on('TICK', () => {});
    expect(events.hears('TICK')).toBe(true);
    expect(events.hears('TOCK')).toBe(false);

    leave();
    expect(events.hears('TICK')).toBe(false);
  });

  it('lets a listener leave while an event is handed out, and still tells the others', () => {
    const events = new EventEmitter<Ticks>();
    const second = vi.fn<(event: Tick) => void>();
    const leave: Unsubscribe = events.on('TICK', () => leave());
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
  ])('goes on when a listener %s, and shows the error as a warning', async (_how, broken) => {
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

describe('EventBuffer', () => {
  it('keeps the last events, oldest first', () => {
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
