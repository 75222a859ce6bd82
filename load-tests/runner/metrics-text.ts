/** Adds up the series of a metric in Prometheus's text format that have these labels, whatever others they have. */
export function total(text: string, metric: string, labels: Readonly<Record<string, string>>): number {
  const wanted = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return seriesOf(text, metric)
    .filter(({ labels }) => wanted.every((each) => labels.includes(each)))
    .reduce((sum, { value }) => sum + value, 0);
}

/** The value of a metric that has one series. NaN when there is none. */
export function gauge(text: string, metric: string): number {
  return seriesOf(text, metric)[0]?.value ?? Number.NaN;
}

function seriesOf(text: string, metric: string): { labels: readonly string[]; value: number }[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(metric) && (line[metric.length] === '{' || line[metric.length] === ' '))
    .map((line) => ({
      labels: line.match(/[a-z_]+="[^"]*"/gi) ?? [],
      value: Number(line.slice(line.lastIndexOf(' ') + 1)),
    }));
}
