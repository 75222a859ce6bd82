import { describe, expect, it } from 'vitest';
import { type Sink, Stream } from './stream.ts';

class Page implements Sink {
  text = '';
  writableLength = 0;
  isDestroyed = false;
  hasEnded = false;
  #onClose = (): void => {};

  write(text: string): boolean {
    this.text += text;
    return true;
  }

  on(event: 'close' | 'error', listener: () => void): void {
    if (event === 'close') this.#onClose = listener;
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  end(): void {
    this.hasEnded = true;
  }

  close(): void {
    this.#onClose();
  }

  /** The data of what came, without ids. */
  get data(): string[] {
    return Array.from(this.text.matchAll(/^data: (.*)$/gm), ([, data = '']) => data);
  }

  get lastId(): string | undefined {
    return [...this.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1];
  }
}

const limits = { kept: 3, backlog: 1_000, clients: 2 };
const make = (run = limits) => new Stream(run, () => [{ event: 'history', data: 'all' }]);

function connected(stream: Stream, lastEventId?: string): Page {
  const page = new Page();
  stream.connect(page, lastEventId);
  return page;
}

describe('the stream to the pages', () => {
  it('begins with the history, and goes on with what happens', () => {
    const stream = make();
    const page = connected(stream);

    stream.send('snapshot', 1);

    expect(page.data).toEqual(['"all"', '1']);
    expect(page.text).toContain('event: snapshot\ndata: 1\n\n');
  });

  it('tells a page that comes back what it has missed, and nothing twice', () => {
    const stream = make();
    const page = connected(stream);
    stream.send('snapshot', 1);
    page.close();
    stream.send('snapshot', 2);
    stream.send('snapshot', 3);

    expect(connected(stream, page.lastId).data).toEqual(['2', '3']);
  });

  it('tells everything anew to a page that was away for too long, or saw another process', () => {
    const stream = make();
    const page = connected(stream);
    for (let n = 1; n <= 4; n += 1) stream.send('snapshot', n);
    const another = connected(make());

    expect(connected(stream, page.lastId?.replace(/\d+$/, '0')).data).toEqual(['"all"']);
    expect(connected(make(), another.lastId).data).toEqual(['"all"']);
    expect(connected(make(), 'nonsense').data).toEqual(['"all"']);
  });

  it('drops a page that cannot keep up, and only that one', () => {
    const stream = make();
    const [slow, quick] = [connected(stream), connected(stream)];
    slow.writableLength = 1_001;

    stream.send('snapshot', 1);

    expect([slow.isDestroyed, quick.isDestroyed]).toEqual([true, false]);
    expect(slow.data).toEqual(['"all"']);
    expect(quick.data).toEqual(['"all"', '1']);
    expect(stream.clients).toBe(1);
  });

  it('takes no more pages than it may, and again when one has gone', () => {
    const stream = make();
    const [page] = [connected(stream), connected(stream)];

    expect(stream.isOpen).toBe(false);
    page?.close();
    expect(stream.isOpen).toBe(true);
  });

  it('ends with the server', () => {
    const stream = make();
    const page = connected(stream);

    stream.close();

    expect(page.hasEnded).toBe(true);
    expect(stream.isOpen).toBe(false);
  });
});
