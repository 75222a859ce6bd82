import type { Faults, FaultTimeline } from '@breakwater/contracts';
import {
  type Action,
  healthyCustomer,
  type Scenario as LoadTest,
  scenarios as loadTests,
} from '@breakwater/load-tests/scenarios';
import everyFaultTimeline from '@breakwater/load-tests/scenarios/every-fault.json' with { type: 'json' };
import { type LoadPlan, secondsOf } from '../protocol/messages.ts';

const baseLatency = { latency: '20ms' };

/** As close to a stopped process as a fault can be: customer serves no request and is not ready. */
const down: Faults = { ...baseLatency, reset: { rate: 1 }, unready: true };

/** Faults to be set at the press of a button. `docs/faults.md` describes them. */
export interface Preset {
  readonly name: string;
  readonly description: string;
  /** `null` clears all faults. */
  readonly faults: Faults | null;
}

export const presets: readonly Preset[] = [
  { name: 'Clear faults', description: 'Customer has no faults.', faults: null },
  { name: 'Slow', description: 'Every response takes 2 s.', faults: { latency: '2s' } },
  {
    name: 'Errors',
    description: 'Every response is 503.',
    faults: { ...baseLatency, errors: [{ status: 503, rate: 1 }] },
  },
  {
    name: 'Half errors',
    description: 'Half of the responses are 503.',
    faults: { ...baseLatency, errors: [{ status: 503, rate: 0.5 }] },
  },
  { name: 'Hang', description: 'Customer does not respond.', faults: { ...baseLatency, hang: { rate: 1 } } },
  { name: 'Down', description: 'Every connection is reset, and no replica is ready.', faults: down },
  {
    name: 'Capacity',
    description: 'Each replica serves 5 requests per second, one by one, and queues 50.',
    faults: { latency: '200ms', capacity: { workers: 1, queue: 50, abandonedWork: 'kept' } },
  },
];

/** @throws Error when there is none of that name */
export function presetOf(name: string): Preset {
  const preset = presets.find((each) => each.name === name);
  if (preset === undefined) throw new Error(`There is no preset ${name}.`);
  return preset;
}

/** Load, and faults of customer that change over time. */
export interface Scenario {
  readonly name: string;
  /** One sentence that the scenario tests. */
  readonly claim: string;
  readonly load: LoadPlan;
  readonly timeline: FaultTimeline;
  /** Whether only one replica of customer plays the timeline. */
  readonly isOfOneReplica: boolean;
  /** Titles of the changes; `at` in seconds after the start. */
  readonly steps: readonly { readonly at: number; readonly title: string }[];
}

/** The load tests that need only load and faults, and the timeline that compose plays. */
export const scenarios: readonly Scenario[] = [
  ...loadTests.flatMap((test) => scenarioOf(test) ?? []),
  everyFaultScenario(),
];

/** In seconds. */
export const durationOf = ({ load }: Scenario): number => secondsOf(load);

/** The title of the step after `elapsed` seconds. */
export function stepAt({ steps }: Scenario, elapsed: number): string {
  return steps.findLast(({ at }) => at <= elapsed)?.title ?? '';
}

/** `undefined` for a load test that changes nothing, compares settings, or needs its own runner. */
function scenarioOf({ name, claim, short, rate, ...test }: LoadTest): Scenario | undefined {
  const isAsConfigured = test.variants?.includes('as-configured') ?? true;
  if (!isAsConfigured || (test.steps === undefined && test.load === undefined)) return undefined;
  const healthy = test.healthy ?? healthyCustomer;
  const changes: { at: number; title: string; faults: Faults }[] = [];
  const planned = test.steps?.(short) ?? [];
  const isOfOneReplica = planned.some(({ action }) => action.kind === 'customer' && action.replica !== undefined);
  for (const { at, title, action } of planned) {
    const faults = faultsOf(action, healthy);
    if (faults === undefined) return undefined;
    changes.push({ at: short.before + at, title, faults });
  }
  const { before, during, after } = short;
  const load = test.load?.(short) ?? { startRate: rate, stages: [{ rate, seconds: before + during + after }] };
  const timeline = [{ at: 0, faults: healthy }, ...changes, { at: secondsOf(load), faults: healthyCustomer }];
  return {
    name,
    claim,
    load,
    timeline: { steps: timeline.map(({ at, faults }) => ({ at: `${at}s`, faults })) },
    isOfOneReplica,
    steps: [
      { at: 0, title: 'customer is healthy' },
      ...changes.map(({ at, title }) => ({ at, title })),
      ...loadChanges(load),
    ],
  };
}

/** The faults that stand for an action; `undefined` when there are none. */
function faultsOf(action: Action, healthy: Faults): Faults | undefined {
  if (action.kind === 'customer') return action.faults;
  const isOfCustomer = 'replicas' in action && action.replicas.every((replica) => replica.startsWith('customer'));
  if (!isOfCustomer) return undefined;
  return action.kind === 'kill' ? down : healthy;
}

function loadChanges({ startRate, stages }: LoadPlan): Scenario['steps'] {
  let [at, rate] = [0, startRate];
  return stages.flatMap((stage) => {
    const change = { at, title: `${stage.rate} requests per second` };
    const isChanged = stage.rate !== rate;
    at += stage.seconds;
    rate = stage.rate;
    return isChanged ? [change] : [];
  });
}

function everyFaultScenario(): Scenario {
  const steps = everyFaultTimeline.steps.map(({ at, faults }) => ({
    at: Number(at.replace('s', '')),
    title: Object.entries(faults)
      .map(([fault, setting]) => (typeof setting === 'string' ? `${fault} ${setting}` : fault))
      .join(', '),
  }));
  const seconds = (steps.at(-1)?.at ?? 0) + 20;
  return {
    name: 'every-fault',
    claim: 'Accounts are opened, or accepted for later verification, under every fault of customer.',
    load: { startRate: 20, stages: [{ rate: 20, seconds }] },
    timeline: everyFaultTimeline,
    isOfOneReplica: false,
    steps,
  };
}
