import { describe, expect, it } from 'vitest';
import { PageStream, type StreamConnection } from './page-stream.ts';

class FakeConnection implements StreamConnection {
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

  /** The data of the messages, without ids. */
  get data(): string[] {
    return Array.from(this.text.matchAll(/^data: (.*)$/gm), ([, data = '']) => data);
  }

  get lastId(): string | undefined {
    return [...this.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1];
  }
}

const limits = { keptMessages: 3, maxBacklog: 1_000, maxConnections: 2 };
const newStream = () => new PageStream(limits, () => [{ event: 'history', data: 'all' }]);

function connect(stream: PageStream, lastEventId?: string): FakeConnection {
  const page = new FakeConnection();
  stream.connect(page, lastEventId);
  return page;
}

describe('the stream to the pages', () => {
  it('sends the history first, then new messages', () => {
    const stream = newStream();
    const page = connect(stream);

    stream.send('snapshot', 1);

    expect(page.data).toEqual(['"all"', '1']);
    expect(page.text).toContain('event: snapshot\ndata: 1\n\n');
  });

  it('sends a reconnecting page only the messages that it has missed', () => {
    const stream = newStream();
    const page = connect(stream);
    stream.send('snapshot', 1);
    page.close();
    stream.send('snapshot', 2);
    stream.send('snapshot', 3);

    expect(connect(stream, page.lastId).data).toEqual(['2', '3']);
  });

  it('sends the history again when the last id is too old, unknown or of another process', () => {
    const stream = newStream();
    const page = connect(stream);
    for (let n = 1; n <= 4; n += 1) stream.send('snapshot', n);
    const another = connect(newStream());

    expect(connect(stream, page.lastId?.replace(/\d+$/, '0')).data).toEqual(['"all"']);
    expect(connect(newStream(), another.lastId).data).toEqual(['"all"']);
    expect(connect(newStream(), 'nonsense').data).toEqual(['"all"']);
  });

  it('disconnects a page that reads too slowly, and no other', () => {
    const stream = newStream();
    const [slow, quick] = [connect(stream), connect(stream)];
    slow.writableLength = 1_001;

    stream.send('snapshot', 1);

    expect([slow.isDestroyed, quick.isDestroyed]).toEqual([true, false]);
    expect(slow.data).toEqual(['"all"']);
    expect(quick.data).toEqual(['"all"', '1']);
    expect(stream.connections).toBe(1);
  });

  it('limits the number of pages, and accepts another after one has disconnected', () => {
    const stream = newStream();
    const [page] = [connect(stream), connect(stream)];

    expect(stream.isOpen).toBe(false);
    page?.close();
    expect(stream.isOpen).toBe(true);
  });

  it('ends all connections when it is closed', () => {
    const stream = newStream();
    const page = connect(stream);

    stream.close();

    expect(page.hasEnded).toBe(true);
    expect(stream.isOpen).toBe(false);
  });
});
