/** The part of a response of `node:http` that the stream uses. */
export interface EventSink {
  /** @returns false if the caller should wait for 'drain' before it writes again */
  write(text: string): boolean;
  end(): unknown;
  on(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

/** A server-sent event. */
export interface StreamedEvent {
  readonly id?: number;
  readonly event: string;
  readonly data: unknown;
}

/**
 * One client of the stream. While its connection accepts no more data, events are queued. If the queue is full, the
 * oldest event is dropped; the client then receives a `dropped` event with the number of dropped events before the
 * remaining ones.
 */
export class EventStreamClient {
  readonly #sink: EventSink;
  readonly #bufferSize: number;
  readonly #queue: string[] = [];
  #isBlocked = false;
  #dropped = 0;

  /** @param bufferSize the maximum number of queued events; 1 or more */
  constructor(sink: EventSink, bufferSize: number) {
    this.#sink = sink;
    this.#bufferSize = bufferSize;
    sink.on('drain', () => this.#sendQueued());
  }

  send(event: StreamedEvent): void {
    this.#send(textOf(event));
  }

  /** Sends a comment, so that proxies and clients keep the connection. It is left out while events are queued. */
  sendHeartbeat(): void {
    if (!this.#isBlocked) this.#write(': heartbeat\n\n');
  }

  end(): void {
    this.#sink.end();
  }

  #send(text: string): void {
    if (!this.#isBlocked) {
      this.#write(text);
      return;
    }
    if (this.#queue.length === this.#bufferSize) {
      this.#queue.shift();
      this.#dropped++;
    }
    this.#queue.push(text);
  }

  #sendQueued(): void {
    this.#isBlocked = false;
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      this.#write(textOf({ event: 'dropped', data: { count } }));
    }
    while (!this.#isBlocked) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#write(next);
    }
  }

  #write(text: string): void {
    this.#isBlocked = !this.#sink.write(text);
  }
}

function textOf({ id, event, data }: StreamedEvent): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return `${idLine}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
