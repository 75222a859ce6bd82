/** One sample of a metric in the Prometheus text format. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const samplePattern = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const labelPattern = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads samples from the Prometheus text format.
 *
 * @param names names of the samples to read, including suffixes such as `_bucket`
 */
export function readSamples(text: string, names: ReadonlySet<string>): MetricSample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = samplePattern.exec(line) ?? [];
    if (name === undefined || value === undefined || !names.has(name)) return [];
    return [{ name, labels: readLabels(labels), value: readNumber(value) }];
  });
}

/** Sums the samples of a metric that have these labels; further labels are ignored. 0 without a sample. */
export function sumOfSamples(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels);
  return readSamples(text, new Set([name]))
    .filter((sample) => wanted.every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** The value of a metric with a single sample. NaN without a sample. */
export function sampleValue(text: string, name: string): number {
  return readSamples(text, new Set([name]))[0]?.value ?? Number.NaN;
}

function readLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(labelPattern), ([, name = '', value = '']) => [
      name,
      value.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character)),
    ]),
  );
}

/** Prometheus writes infinity as `+Inf`. */
function readNumber(text: string): number {
  return text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text);
}
