import { describe, expect, it } from 'vitest';
import { type EventSink, EventStreamClient } from './event-stream.client.ts';

/** A connection that takes so many writes before it is full. */
class NarrowSink implements EventSink {
  readonly written: string[] = [];
  room: number;
  #onDrain = (): void => {};

  constructor(room: number) {
    this.room = room;
  }

  write(text: string): boolean {
    this.written.push(text);
    this.room--;
    return this.room > 0;
  }

  end(): void {}

  on(event: string, listener: () => void): void {
    if (event === 'drain') this.#onDrain = listener;
  }

  drain(room: number): void {
    this.room = room;
    this.#onDrain();
  }

  /** What was sent, without the wrapping. */
  get read(): readonly string[] {
    return this.written.map((text) => text.replace(/^id: (\d+)\nevent: (\w+)\ndata: .*\n\n$/, '$2 $1'));
  }
}

function setUp(room: number, bufferSize: number) {
  const sink = new NarrowSink(room);
  const client = new EventStreamClient(sink, bufferSize);
  const send = (...ids: number[]) => {
    for (const id of ids) client.send({ id, event: 'SUCCESS', data: {} });
  };
  return { sink, client, send };
}

describe('A client of the event stream', () => {
  it('writes an event as the standard has it', () => {
    const { sink, client } = setUp(10, 10);

    client.send({ id: 7, event: 'ERROR', data: { errorMessage: 'two\nlines' } });

    expect(sink.written).toStrictEqual(['id: 7\nevent: ERROR\ndata: {"errorMessage":"two\\nlines"}\n\n']);
  });

  it('lets events wait while the connection is full, and then sends them in order', () => {
    const { sink, send } = setUp(2, 10);

    send(1, 2, 3, 4, 5);
    expect(sink.read).toStrictEqual(['SUCCESS 1', 'SUCCESS 2']);
    sink.drain(2);
    expect(sink.read).toStrictEqual(['SUCCESS 1', 'SUCCESS 2', 'SUCCESS 3', 'SUCCESS 4']);
    send(6);
    sink.drain(10);
    send(7);

    expect(sink.read.slice(4)).toStrictEqual(['SUCCESS 5', 'SUCCESS 6', 'SUCCESS 7']);
  });

  it('drops the oldest when too many wait, and says how many where they would have come', () => {
    const { sink, send } = setUp(1, 3);

    send(1, 2, 3, 4, 5, 6, 7);
    sink.drain(2);

    const [, dropped, first] = sink.written;
    expect(dropped).toBe('event: dropped\ndata: {"count":3}\n\n');
    expect(first).toMatch(/^id: 5\n/);
    sink.drain(10);
    send(8);
    expect(sink.read.slice(3)).toStrictEqual(['SUCCESS 6', 'SUCCESS 7', 'SUCCESS 8']);
  });

  it('sends a sign of life, but not behind what waits', () => {
    const { sink, client, send } = setUp(2, 10);
    client.beat();
    send(1);

    client.beat();
    expect(sink.written).toHaveLength(2);
    expect(sink.written[0]).toBe(': heartbeat\n\n');
    sink.drain(10);

    expect(sink.written).toHaveLength(2);
  });
});
