import { randomUUID } from 'node:crypto';

/** Where a page's messages go: what of a response of `node:http` is needed. */
export interface Sink {
  readonly writableLength: number;
  write(text: string): boolean;
  end(): unknown;
  destroy(): unknown;
  on(event: 'close' | 'error', listener: () => void): unknown;
}

/** How much is kept for whom. */
export interface StreamLimits {
  /** How many messages are kept for pages that come back. */
  readonly kept: number;
  /** How many bytes may wait for a page to read them, before it is dropped. */
  readonly backlog: number;
  readonly clients: number;
}

interface Kept {
  readonly number: number;
  readonly text: string;
}

/**
 * Tells every page everything (server-sent events). One that was away for a moment and says what it has seen last gets what
 * it has missed; one that cannot keep up is dropped, and comes back by itself.
 */
export class Stream {
  readonly #limits: StreamLimits;
  /** What a page gets first that has seen nothing yet. */
  readonly #greet: () => readonly { readonly event: string; readonly data: unknown }[];
  /** A message of another process's stream is none of this one's. */
  readonly #run = randomUUID().slice(0, 8);
  readonly #clients = new Set<Sink>();
  readonly #kept: Kept[] = [];
  #last = 0;
  #isClosed = false;

  constructor(limits: StreamLimits, greet: () => readonly { readonly event: string; readonly data: unknown }[]) {
    this.#limits = limits;
    this.#greet = greet;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Whether another page may come. */
  get isOpen(): boolean {
    return !this.#isClosed && this.#clients.size < this.#limits.clients;
  }

  /** @param lastEventId what the page says it has seen last */
  connect(sink: Sink, lastEventId?: string): void {
    sink.on('close', () => this.#clients.delete(sink));
    // An error ends the connection, and 'close' follows.
    sink.on('error', () => {});
    sink.write('retry: 1000\n\n');
    const missed = this.#after(lastEventId);
    if (missed === undefined) {
      for (const { event, data } of this.#greet()) sink.write(textOf(this.#id(this.#last), event, data));
    } else for (const { text } of missed) sink.write(text);
    this.#clients.add(sink);
  }

  send(event: string, data: unknown): void {
    this.#last += 1;
    const text = textOf(this.#id(this.#last), event, data);
    this.#kept.push({ number: this.#last, text });
    if (this.#kept.length > this.#limits.kept) this.#kept.shift();
    for (const client of this.#clients) {
      if (client.writableLength <= this.#limits.backlog) client.write(text);
      else {
        this.#clients.delete(client);
        client.destroy();
      }
    }
  }

  /** An open stream would keep the server from closing. */
  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  #id(number: number): string {
    return `${this.#run}-${number}`;
  }

  /** `undefined` where it is not known, or too long ago. */
  #after(lastEventId: string | undefined): readonly Kept[] | undefined {
    const [run, seen] = lastEventId?.split('-') ?? [];
    const number = Number(seen);
    if (run !== this.#run || !Number.isInteger(number) || number > this.#last) return undefined;
    const missed = this.#last - number;
    return missed <= this.#kept.length ? this.#kept.slice(this.#kept.length - missed) : undefined;
  }
}

function textOf(id: string, event: string, data: unknown): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
