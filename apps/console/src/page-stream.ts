import { randomUUID } from 'node:crypto';

/** The part of a `node:http` response that the stream uses. */
export interface StreamConnection {
  readonly writableLength: number;
  write(text: string): boolean;
  end(): unknown;
  destroy(): unknown;
  on(event: 'close' | 'error', listener: () => void): unknown;
}

export interface PageStreamLimits {
  /** Number of past messages that are kept for pages that reconnect. */
  readonly keptMessages: number;
  /** Unsent bytes of a connection, beyond which it is closed. */
  readonly maxBacklog: number;
  readonly maxConnections: number;
}

interface Message {
  readonly event: string;
  readonly data: unknown;
}

/**
 * Sends all messages to all connected pages (server-sent events). A page that reconnects gets the messages since its
 * `Last-Event-ID`, or the initial messages when they are no longer kept. A page that reads too slowly is disconnected.
 */
export class PageStream {
  readonly #limits: PageStreamLimits;
  readonly #initialMessages: () => readonly Message[];
  readonly #onPages: (pages: number) => void;
  /** Ids of another process are unknown to this one. */
  readonly #processId = randomUUID().slice(0, 8);
  readonly #connections = new Set<StreamConnection>();
  /** The text of the last messages; that of `#lastNumber` is the last. */
  readonly #kept: string[] = [];
  #lastNumber = 0;
  #isClosed = false;

  /** @param onPages called with the number of connected pages when it has changed */
  constructor(
    limits: PageStreamLimits,
    initialMessages: () => readonly Message[],
    onPages: (pages: number) => void = () => {},
  ) {
    this.#limits = limits;
    this.#initialMessages = initialMessages;
    this.#onPages = onPages;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Whether another page can connect. */
  get isOpen(): boolean {
    return !this.#isClosed && this.#connections.size < this.#limits.maxConnections;
  }

  connect(connection: StreamConnection, lastEventId?: string): void {
    connection.on('close', () => this.#disconnect(connection));
    // 'close' follows.
    connection.on('error', () => {});
    connection.write('retry: 1000\n\n');
    const texts = this.#since(lastEventId) ?? this.#initialMessages().map((message) => this.#format(message));
    for (const text of texts) connection.write(text);
    this.#connections.add(connection);
    this.#onPages(this.connections);
  }

  send(event: string, data: unknown): void {
    this.#lastNumber += 1;
    const text = this.#format({ event, data });
    this.#kept.push(text);
    if (this.#kept.length > this.#limits.keptMessages) this.#kept.shift();
    for (const connection of this.#connections) {
      if (connection.writableLength <= this.#limits.maxBacklog) connection.write(text);
      else {
        this.#disconnect(connection);
        connection.destroy();
      }
    }
  }

  /** Ends all connections. The server could not close while they are open. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#connections) {
      this.#disconnect(connection);
      connection.end();
    }
  }

  #disconnect(connection: StreamConnection): void {
    if (this.#connections.delete(connection)) this.#onPages(this.connections);
  }

  #format({ event, data }: Message): string {
    return `id: ${this.#processId}-${this.#lastNumber}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  /** `undefined` when the id is unknown or its successors are no longer kept. */
  #since(lastEventId: string | undefined): readonly string[] | undefined {
    const [processId, number] = lastEventId?.split('-') ?? [];
    const missed = this.#lastNumber - Number(number);
    if (processId !== this.#processId || !Number.isInteger(missed) || missed < 0) return undefined;
    return missed <= this.#kept.length ? this.#kept.slice(this.#kept.length - missed) : undefined;
  }
}
