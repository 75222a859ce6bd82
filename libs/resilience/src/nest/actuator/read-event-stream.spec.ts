import { describe, expect, it } from 'vitest';
import { readEventStream } from './read-event-stream.ts';

async function* inChunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = (text: string, size = 1_000) => Array.fromAsync(readEventStream(inChunks(text, size)));

describe('readEventStream', () => {
  it.each([1, 7, 1_000])('reads whole messages from chunks of %i bytes', async (size) => {
    const text =
      ': heartbeat\n\nid: 1\nevent: SUCCESS\ndata: {"name":"größe"}\n\ndata: {"a":\ndata: 1}\n\ndata: {"cut"';

    expect(await read(text, size)).toEqual([
      { kind: 'event', data: { name: 'größe' } },
      { kind: 'event', data: { a: 1 } },
    ]);
  });

  it.each([
    ['snapshot', 'snapshot'],
    ['dropped', 'dropped'],
    ['STATE_TRANSITION', 'transition'],
    ['ENTRY_RECONFIGURED', 'reconfiguration'],
    ['NOT_PERMITTED', 'event'],
  ])('returns %s as kind %s', async (event, kind) => {
    expect(await read(`event: ${event}\ndata: {}\n\n`)).toEqual([{ kind, data: {} }]);
  });

  it('skips a message that is no JSON object', async () => {
    expect(await read('data: not json\n\ndata: 7\n\n')).toEqual([]);
  });

  it('rejects a message with more than a million characters', async () => {
    await expect(read(`data: ${'x'.repeat(1_000_001)}`, 100_000)).rejects.toThrow(RangeError);
  });
});
