import { describe, expect, it } from 'vitest';
import { readJsonLines } from './experiments.ts';

const bytes = Buffer.from('{"a":"grün"}\n\n[1,\r 2]\r\n"🌊"');

async function* inChunksOf(size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

describe('readJsonLines', () => {
  it.each(Array.from({ length: bytes.length }, (_, index) => [index + 1]))('reads chunks of %i bytes', async (size) => {
    expect(await Array.fromAsync(readJsonLines(inChunksOf(size)))).toEqual([{ a: 'grün' }, [1, 2], '🌊']);
  });

  it('yields each value as soon as its line is complete', async () => {
    let sent = 0;
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (const chunk of ['1\n', '2\n3', '\n']) {
        sent += 1;
        yield Buffer.from(chunk);
      }
    }

    const received: unknown[] = [];
    for await (const value of readJsonLines(chunks())) received.push([value, sent]);

    expect(received).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it('rejects a line that is not JSON', async () => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('1\n<html>\n');
    }

    await expect(Array.fromAsync(readJsonLines(chunks()))).rejects.toThrow(SyntaxError);
  });
});
