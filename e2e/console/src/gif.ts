import { createRequire } from 'node:module';
import { decode } from 'fast-png';

type Colour = readonly number[];

/** The part of gifenc that is used; the package has no types. */
interface Gifenc {
  readonly GIFEncoder: () => {
    writeFrame(
      indices: Uint8Array,
      width: number,
      height: number,
      options: {
        /** Only with the first frame: all frames have its colours. */
        readonly palette?: readonly Colour[];
        /** In milliseconds. */
        readonly delay: number;
        readonly transparent?: boolean;
        readonly transparentIndex?: number;
        /** What happens with a frame before the next one; 1 leaves it. */
        readonly dispose: number;
      },
    ): void;
    finish(): void;
    bytes(): Uint8Array;
  };
  /** The most important colours of RGBA pixels. */
  readonly quantize: (pixels: Uint8Array, maxColours: number) => readonly Colour[];
  /** The index of the nearest colour of each pixel. */
  readonly applyPalette: (pixels: Uint8Array, palette: readonly Colour[]) => Uint8Array;
}

// An `import` of this CommonJS package has other exports in vitest than in Node.
const gifenc = createRequire(import.meta.url)('gifenc') as Gifenc;

/** A picture of an animation. */
export interface Frame {
  /** A PNG; all of an animation have one size. */
  readonly picture: Uint8Array;
  readonly durationMs: number;
}

/** GIFs have 256 colours, one of which stands for a pixel that has not changed. */
const colours = 255;
const unchanged = 255;

/** Makes an animation that repeats forever. Only what changes between frames takes space. */
export function encodeGif(frames: readonly Frame[]): Uint8Array {
  const [first] = frames;
  if (first === undefined) throw new Error('an animation needs frames');
  const { width, height } = decode(first.picture);
  const pictures = frames.map(({ picture, durationMs }) => ({ pixels: pixelsOf(picture), durationMs }));
  const palette = gifenc.quantize(sampleOf(pictures.map(({ pixels }) => pixels)), colours);
  const padding = Array.from({ length: unchanged + 1 - palette.length }, () => [0, 0, 0]);

  const encoder = gifenc.GIFEncoder();
  const write = (indices: Uint8Array, durationMs: number, isFirst: boolean): void =>
    encoder.writeFrame(indices, width, height, {
      ...(isFirst ? { palette: [...palette, ...padding] } : { transparent: true, transparentIndex: unchanged }),
      delay: durationMs,
      dispose: 1,
    });

  let shown: Uint8Array | undefined;
  let pending: { readonly indices: Uint8Array; readonly isFirst: boolean; durationMs: number } | undefined;
  for (const { pixels, durationMs } of pictures) {
    const indices = gifenc.applyPalette(pixels, palette);
    const before = shown;
    const changes =
      before === undefined ? indices : indices.map((index, at) => (index === before[at] ? unchanged : index));
    shown = indices;
    if (pending !== undefined && changes.every((index) => index === unchanged)) {
      pending.durationMs += durationMs;
      continue;
    }
    if (pending !== undefined) write(pending.indices, pending.durationMs, pending.isFirst);
    pending = { indices: changes, isFirst: before === undefined, durationMs };
  }
  if (pending !== undefined) write(pending.indices, pending.durationMs, pending.isFirst);
  encoder.finish();
  return encoder.bytes();
}

/** The pixels of a PNG as RGBA. */
function pixelsOf(picture: Uint8Array): Uint8Array {
  const { data, width, height, channels } = decode(picture);
  const pixels = new Uint8Array(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      pixels[pixel * 4 + channel] = data[pixel * channels + channel] ?? 0;
    }
  }
  return pixels;
}

/** Each colour as often as the logarithm of its pixels: those of small parts of a page are important, too. */
function sampleOf(pictures: readonly Uint8Array[]): Uint8Array {
  const pixelsByColour = new Map<number, number>();
  for (const pixels of pictures) {
    for (let at = 0; at < pixels.length; at += 4) {
      const colour = ((pixels[at] ?? 0) << 16) | ((pixels[at + 1] ?? 0) << 8) | (pixels[at + 2] ?? 0);
      pixelsByColour.set(colour, (pixelsByColour.get(colour) ?? 0) + 1);
    }
  }
  const sample: number[] = [];
  for (const [colour, pixels] of pixelsByColour) {
    for (let n = 0; n <= Math.log2(pixels); n += 1) sample.push(colour >> 16, (colour >> 8) & 255, colour & 255, 255);
  }
  return Uint8Array.from(sample);
}
