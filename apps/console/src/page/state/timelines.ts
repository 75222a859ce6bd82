/** Faults of customer that change by themselves; `docs/faults.md` says what each does. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly timeline: object;
}

const healthy = { latency: '20ms' };

export const scenarios: readonly Scenario[] = [
  {
    name: 'Outage',
    description: '10 s well, 30 s of errors, well again',
    timeline: {
      steps: [
        { at: '0s', faults: healthy },
        { at: '10s', faults: { latency: '20ms', errors: [{ status: 503, rate: 1 }] } },
        { at: '40s', faults: healthy },
      ],
    },
  },
  {
    name: 'Brown-out',
    description: 'slower and slower for a minute, then well',
    timeline: {
      steps: [
        { at: '0s', faults: { latency: '200ms' } },
        { at: '15s', faults: { latency: '800ms' } },
        { at: '30s', faults: { latency: '2s' } },
        { at: '60s', faults: healthy },
      ],
    },
  },
  {
    name: 'Flapping',
    description: '8 s of errors, 8 s well, four times over',
    timeline: {
      steps: Array.from({ length: 8 }, (_, index) => ({
        at: `${index * 8}s`,
        faults: index % 2 === 0 ? { latency: '20ms', errors: [{ status: 503, rate: 1 }] } : healthy,
      })),
    },
  },
];

/** A state of customer to be set by a press of a button. */
export interface Preset {
  readonly name: string;
  readonly description: string;
  /** `null` heals everything. */
  readonly faults: object | null;
}

export const presets: readonly Preset[] = [
  { name: 'Heal', description: 'Nothing is wrong with customer', faults: null },
  { name: 'Slow', description: 'Every answer takes 2 s', faults: { latency: '2s' } },
  {
    name: 'Errors',
    description: 'Every answer is 503',
    faults: { latency: '20ms', errors: [{ status: 503, rate: 1 }] },
  },
  {
    name: 'Half errors',
    description: 'Every other answer is 503',
    faults: { latency: '20ms', errors: [{ status: 503, rate: 0.5 }] },
  },
  { name: 'Hang', description: 'No answer comes', faults: { hang: { rate: 1 } } },
  { name: 'Reset', description: 'Connections are reset', faults: { reset: { rate: 1 } } },
  {
    name: 'Capacity',
    description: 'Two workers, 200 ms each, with a queue of 50',
    faults: { latency: '200ms', capacity: { workers: 2, queue: 50, abandonedWork: 'kept' } },
  },
];
