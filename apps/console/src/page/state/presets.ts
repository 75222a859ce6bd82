import type { Faults } from '@breakwater/contracts';

/** A state of customer to be set by a press of a button. `docs/faults.md` says what each fault does. */
export interface Preset {
  readonly name: string;
  readonly description: string;
  /** `null` heals everything. */
  readonly faults: Faults | null;
}

const quick = { latency: '20ms' };

/** As far as a process can be down that is to be healed by a request: it serves nobody, and says that it is not ready. */
export const down: Faults = { ...quick, reset: { rate: 1 }, unready: true };

export const presets: readonly Preset[] = [
  { name: 'Heal', description: 'Nothing is wrong with customer.', faults: null },
  { name: 'Slow', description: 'Every answer takes 2 s.', faults: { latency: '2s' } },
  { name: 'Errors', description: 'Every answer is 503.', faults: { ...quick, errors: [{ status: 503, rate: 1 }] } },
  {
    name: 'Half errors',
    description: 'Every other answer is 503.',
    faults: { ...quick, errors: [{ status: 503, rate: 0.5 }] },
  },
  { name: 'Hang', description: 'No answer comes.', faults: { ...quick, hang: { rate: 1 } } },
  { name: 'Down', description: 'Every connection is reset, and no replica is ready.', faults: down },
  {
    name: 'Capacity',
    description: 'Each replica has two workers, which take 200 ms, and a queue of 50.',
    faults: { latency: '200ms', capacity: { workers: 2, queue: 50, abandonedWork: 'kept' } },
  },
];
