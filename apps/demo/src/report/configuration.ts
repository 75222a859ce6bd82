/** The settings that the experiments differ in, in the order in which they are best read, with their units. */
const settings = {
  slidingWindowType: '',
  slidingWindowSize: '',
  minimumNumberOfCalls: '',
  failureRateThreshold: ' %',
  slowCallRateThreshold: ' %',
  slowCallDurationThreshold: ' ms',
} as const;

/** The part of a breaker's configuration that the experiments differ in: `slidingWindowSize 10, …`. */
export function showConfiguration(config: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings)
    .filter(([name]) => config[name] !== undefined)
    .map(([name, unit]) => `${name} ${String(config[name])}${typeof config[name] === 'number' ? unit : ''}`)
    .map((setting) => setting.replaceAll(' ', noBreakSpace))
    .join(', ');
}

/** A name, its value and its unit stay on one line. */
const noBreakSpace = '\u00A0';
