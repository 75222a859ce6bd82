/** Where a client's events go: what of a response of `node:http` is needed. */
export interface EventSink {
  /** @returns false when nothing more should be written until it is drained */
  write(text: string): boolean;
  end(): unknown;
  on(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

/** One event as it goes over the wire. */
export interface StreamedEvent {
  readonly id?: number;
  readonly event: string;
  readonly data: unknown;
}

/**
 * One reader of the stream. What it is too slow to read waits in line, and when the line is full the oldest goes: what it
 * reads next is then a `dropped` event that says how many it has missed.
 */
export class EventStreamClient {
  readonly #sink: EventSink;
  readonly #bufferSize: number;
  readonly #waiting: string[] = [];
  #isBlocked = false;
  #dropped = 0;

  /** @param bufferSize how many events wait at most; 1 or more */
  constructor(sink: EventSink, bufferSize: number) {
    this.#sink = sink;
    this.#bufferSize = bufferSize;
    sink.on('drain', () => this.#catchUp());
  }

  send(event: StreamedEvent): void {
    this.#send(textOf(event));
  }

  /** Shows proxies and readers that the connection lives. A reader that lags behind needs no such sign. */
  beat(): void {
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
    if (this.#waiting.length === this.#bufferSize) {
      this.#waiting.shift();
      this.#dropped++;
    }
    this.#waiting.push(text);
  }

  #catchUp(): void {
    this.#isBlocked = false;
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      this.#write(textOf({ event: 'dropped', data: { count } }));
    }
    while (!this.#isBlocked) {
      const next = this.#waiting.shift();
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
