import { describe, expect, it } from 'vitest';
import { readServerSentEvents } from './server-sent-events.ts';

async function* inChunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = (text: string, size: number) => Array.fromAsync(readServerSentEvents(inChunks(text, size)));

describe('a stream of server-sent events', () => {
  it.each([1, 7, 1_000])('is read whole from chunks of %i bytes', async (size) => {
    const text = ': heartbeat\n\nid: 1\nevent: SUCCESS\ndata: {"name":"größe"}\n\ndata: a\ndata: b\n\ndata: cut';

    expect(await read(text, size)).toEqual([
      { event: 'SUCCESS', data: '{"name":"größe"}' },
      { event: 'message', data: 'a\nb' },
    ]);
  });

  it('is given up when an event does not end', async () => {
    await expect(read(`data: ${'x'.repeat(1_000_001)}`, 100_000)).rejects.toThrow(RangeError);
  });
});
