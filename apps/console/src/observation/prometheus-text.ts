/** One sample of a metric. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads the samples of the metrics that are wanted from Prometheus' text format.
 *
 * @param wanted names of metrics, with `_bucket` and the like
 */
export function readSamples(text: string, wanted: ReadonlySet<string>): Sample[] {
  return text.split('\n').flatMap((each) => {
    const [, name, labels = '', value] = line.exec(each) ?? [];
    if (name === undefined || value === undefined || !wanted.has(name)) return [];
    return [{ name, labels: labelsOf(labels), value: numberOf(value) }];
  });
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(label), ([, name = '', value = '']) => [name, value.replaceAll(/\\(.)/g, unescape)]),
  );
}

const unescape = (_: string, character: string): string => (character === 'n' ? '\n' : character);

/** Prometheus writes `+Inf`. */
function numberOf(text: string): number {
  return text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text);
}
