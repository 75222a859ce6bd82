import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { encodeGif, type Frame } from './gif.ts';

const red = [200, 0, 0];
const green = [0, 200, 0];

/** A frame of two pixels. */
const frame = (left: readonly number[], right: readonly number[], durationMs: number): Frame => ({
  picture: encode({ width: 2, height: 1, channels: 3, data: Uint8Array.from([...left, ...right]) }),
  durationMs,
});

/** The durations of the frames of a GIF, from its graphic control extensions, in milliseconds. */
function durationsOf(gif: Uint8Array): number[] {
  const durations: number[] = [];
  for (let at = 0; at < gif.length; at += 1) {
    if (gif[at] === 0x21 && gif[at + 1] === 0xf9) durations.push(10 * ((gif[at + 4] ?? 0) + 256 * (gif[at + 5] ?? 0)));
  }
  return durations;
}

describe('encodeGif', () => {
  it('makes one frame of frames that look the same', () => {
    const gif = encodeGif([frame(red, red, 300), frame(red, red, 400), frame(red, green, 500), frame(red, green, 600)]);

    expect(Buffer.from(gif).subarray(0, 10).toString('latin1')).toBe('GIF89a\u0002\0\u0001\0');
    expect(durationsOf(gif)).toEqual([700, 1_100]);
  });

  it('takes no more space for more pixels that stay the same', () => {
    const line = (length: number, last: readonly number[]): Frame => ({
      picture: encode({
        width: length,
        height: 1,
        channels: 3,
        data: Uint8Array.from([...Array.from({ length: length - 1 }, (_, n) => (n % 2 ? red : green)), last].flat()),
      }),
      durationMs: 100,
    });
    const sizeOfSecond = (length: number): number =>
      encodeGif([line(length, red), line(length, green)]).length - encodeGif([line(length, red)]).length;

    expect(sizeOfSecond(4_000)).toBeLessThan(sizeOfSecond(40) + 150);
  });
});
