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
const unchanged = 255;
/** So many of the most frequent colours of the frames are kept exactly. */
const exactColours = 128;

/** Makes an animation that repeats forever. Only what changes between frames takes space. */
export function encodeGif(frames: readonly Frame[]): Uint8Array {
  const [first] = frames;
  if (first === undefined) throw new Error('an animation needs frames');
  const { width, height } = decode(first.picture);
  const pictures = frames.map(({ picture, durationMs }) => ({ colours: coloursOf(picture), durationMs }));
  const { palette, indexOf } = paletteOf(pictures.map(({ colours }) => colours));

  const encoder = gifenc.GIFEncoder();
  const write = (indices: Uint8Array, durationMs: number, isFirst: boolean): void =>
    encoder.writeFrame(indices, width, height, {
      ...(isFirst ? { palette } : { transparent: true, transparentIndex: unchanged }),
      delay: durationMs,
      dispose: 1,
    });

  let shown: Uint8Array | undefined;
  let pending: { readonly indices: Uint8Array; readonly isFirst: boolean; durationMs: number } | undefined;
  for (const { colours, durationMs } of pictures) {
    const indices = Uint8Array.from(colours, (colour) => indexOf.get(colour) ?? 0);
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

/** The colours of the pixels of a PNG, as `0xrrggbb`. */
function coloursOf(picture: Uint8Array): Uint32Array {
  const { data, width, height, channels } = decode(picture);
  return Uint32Array.from({ length: width * height }, (_, pixel) => {
    const at = pixel * channels;
    return ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
  });
}

const rgbOf = (colour: number): [number, number, number] => [colour >> 16, (colour >> 8) & 255, colour & 255];

/** A palette for all frames, and the nearest colour in it for each of theirs. */
function paletteOf(pictures: readonly Uint32Array[]): {
  readonly palette: readonly Colour[];
  readonly indexOf: ReadonlyMap<number, number>;
} {
  const pixels = new Map<number, number>();
  for (const picture of pictures) for (const colour of picture) pixels.set(colour, (pixels.get(colour) ?? 0) + 1);
  const byFrequency = [...pixels.keys()].toSorted((one, other) => (pixels.get(other) ?? 0) - (pixels.get(one) ?? 0));
  const exact = byFrequency.slice(0, exactColours);
  // Those of small parts of a page are as important as others.
  const others = byFrequency.slice(exactColours).flatMap((colour) => [...rgbOf(colour), 255]);
  const quantized = others.length === 0 ? [] : gifenc.quantize(Uint8Array.from(others), unchanged - exactColours);
  const used = [...exact.map(rgbOf), ...quantized];
  const indexOf = new Map(
    byFrequency.map((colour, rank) => [colour, rank < exact.length ? rank : nearest(used, colour)]),
  );
  return { palette: [...used, ...Array.from({ length: unchanged + 1 - used.length }, () => [0, 0, 0])], indexOf };
}

function nearest(palette: readonly Colour[], colour: number): number {
  const rgb = rgbOf(colour);
  const distances = palette.map((each) => rgb.reduce((sum, part, at) => sum + (part - (each[at] ?? 0)) ** 2, 0));
  return distances.indexOf(Math.min(...distances));
}
