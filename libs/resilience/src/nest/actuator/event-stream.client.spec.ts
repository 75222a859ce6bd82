import { describe, expect, it } from 'vitest';
import { type EventSink, EventStreamClient } from './event-stream.client.ts';

/** A connection that accepts a limited number of writes until it is drained. */
class LimitedSink implements EventSink {
  readonly written: string[] = [];
  capacity: number;
  #onDrain = (): void => {};

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  write(text: string): boolean {
    this.written.push(text);
    this.capacity--;
    return this.capacity > 0;
  }

  end(): void {}

  on(event: string, listener: () => void): void {
    if (event === 'drain') this.#onDrain = listener;
  }

  drain(capacity: number): void {
    this.capacity = capacity;
    this.#onDrain();
  }

  /** Event types and ids of what was written. */
  get events(): readonly string[] {
    return this.written.map((text) => text.replace(/^id: (\d+)\nevent: (\w+)\ndata: .*\n\n$/, '$2 $1'));
  }
}

function setUp(capacity: number, bufferSize: number) {
  const sink = new LimitedSink(capacity);
  const client = new EventStreamClient(sink, bufferSize);
  const send = (...ids: number[]) => {
    for (const id of ids) client.send({ id, event: 'SUCCESS', data: {} });
  };
  return { sink, client, send };
}

describe('EventStreamClient', () => {
  it('writes an event in the format of server-sent events', () => {
    const { sink, client } = setUp(10, 10);

    client.send({ id: 7, event: 'ERROR', data: { errorMessage: 'two\nlines' } });

    expect(sink.written).toStrictEqual(['id: 7\nevent: ERROR\ndata: {"errorMessage":"two\\nlines"}\n\n']);
  });

  it('queues events while the connection is full, and then sends them in order', () => {
    const { sink, send } = setUp(2, 10);

    send(1, 2, 3, 4, 5);
    expect(sink.events).toStrictEqual(['SUCCESS 1', 'SUCCESS 2']);
    sink.drain(2);
    expect(sink.events).toStrictEqual(['SUCCESS 1', 'SUCCESS 2', 'SUCCESS 3', 'SUCCESS 4']);
    send(6);
    sink.drain(10);
    send(7);

    expect(sink.events.slice(4)).toStrictEqual(['SUCCESS 5', 'SUCCESS 6', 'SUCCESS 7']);
  });

  it('drops the oldest events when the queue is full, and sends their number in their place', () => {
    const { sink, send } = setUp(1, 3);

    send(1, 2, 3, 4, 5, 6, 7);
    sink.drain(2);

    const [, dropped, first] = sink.written;
    expect(dropped).toBe('event: dropped\ndata: {"count":3}\n\n');
    expect(first).toMatch(/^id: 5\n/);
    sink.drain(10);
    send(8);
    expect(sink.events.slice(3)).toStrictEqual(['SUCCESS 6', 'SUCCESS 7', 'SUCCESS 8']);
  });

  it('sends heartbeats, except while events are queued', () => {
    const { sink, client, send } = setUp(2, 10);
    client.sendHeartbeat();
    send(1);

    client.sendHeartbeat();
    expect(sink.written).toHaveLength(2);
    expect(sink.written[0]).toBe(': heartbeat\n\n');
    sink.drain(10);

    expect(sink.written).toHaveLength(2);
  });
});
