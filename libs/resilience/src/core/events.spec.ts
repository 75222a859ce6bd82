import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import {
  EventBuffer,
  EventEmitter,
  EventPublisher,
  joinUnsubscribes,
  type PolicyEvent,
  type Unsubscribe,
  warn,
} from './events.ts';

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

    events.onEvent(() => {});
    expect(events.hasListener('TOCK')).toBe(true);
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
    expect(emitWarning).toHaveBeenCalledExactlyOnceWith('A listener of TICK events failed. The call is not affected.', {
      type: 'ResilienceListenerWarning',
      detail: expect.stringMatching(/broken listener\n\s+at /),
    });
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
  constructor(bufferSize = 0) {
    super('tickerName', 'clock', { now: () => 1 }, bufferSize);
  }

  tick(details: object | (() => object), creationTime?: number): void {
    this.emit('TICK', details, creationTime);
  }

  resize(bufferSize: number): void {
    this.changeBufferSize(bufferSize);
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

  it('delivers events of any type with their details until the listener is removed', () => {
    const ticker = new Ticker();
    const events: PolicyEvent[] = [];
    const unsubscribe = ticker.onEvent((event) => events.push(event));

    ticker.tick({ size: 2 }, 7);
    unsubscribe();
    ticker.tick({});

    expect(events).toStrictEqual([{ type: 'TICK', creationTime: 7, tickerName: 'clock', size: 2 }]);
  });

  it('buffers as many events as configured, also without a listener, and keeps them when the size changes', () => {
    const ticker = new Ticker(2);
    const times = () => ticker.bufferedEvents().map(({ creationTime }) => creationTime);
    for (const time of [1, 2, 3]) ticker.tick({}, time);
    expect(times()).toStrictEqual([2, 3]);

    ticker.resize(3);
    ticker.tick({}, 4);
    expect(times()).toStrictEqual([2, 3, 4]);
    ticker.resize(1);
    expect(times()).toStrictEqual([4]);
    ticker.resize(0);
    ticker.tick({}, 5);
    expect(times()).toStrictEqual([]);
  });
});

describe('A process warning', () => {
  const failing = (thrown: unknown) => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    warn('Type', 'message', thrown);
    const { calls } = emitWarning.mock;
    emitWarning.mockRestore();
    return calls;
  };

  it.each([
    ['a text', 'outage', { type: 'Type', detail: 'outage' }],
    ['an object with the field of an error', { stack: 'at home' }, { type: 'Type', detail: '[object Object]' }],
    [
      'an error without a stack',
      Object.assign(new Error('late'), { stack: undefined }),
      { type: 'Type', detail: 'Error: late' },
    ],
    ['nothing', undefined, { type: 'Type' }],
  ])('has the text of what was thrown as detail: %s', (_what, thrown, options) => {
    expect(failing(thrown)).toStrictEqual([['message', options]]);
  });

  it('is left out in a browser', () => {
    vi.stubGlobal('process', undefined);
    const result = { thrown: undefined as unknown };
    try {
      warn('Type', 'message');
    } catch (error) {
      result.thrown = error;
    }
    vi.unstubAllGlobals();

    expect(result).toStrictEqual({ thrown: undefined });
  });
});

it('Listeners that are joined are removed together', () => {
  const removed: string[] = [];

  joinUnsubscribes([() => removed.push('first'), () => removed.push('second')])();

  expect(removed).toStrictEqual(['first', 'second']);
});
