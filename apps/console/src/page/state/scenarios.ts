import type { Faults, FaultTimeline } from '@breakwater/contracts';
import {
  type Action,
  healthyCustomer,
  type Scenario as LoadTest,
  scenarios as loadTests,
} from '@breakwater/load-tests/scenarios';
import timeline from '@breakwater/load-tests/scenarios/every-fault.json' with { type: 'json' };
import { type LoadPlan, secondsOf } from '../../protocol/load-plan.ts';
import { down } from './presets.ts';

/** Load, and faults of customer that change by themselves: to be started, and watched. */
export interface Scenario {
  readonly name: string;
  /** One sentence that may turn out wrong. */
  readonly claim: string;
  readonly load: LoadPlan;
  readonly timeline: FaultTimeline;
  /** What happens when, in seconds after the begin. */
  readonly steps: readonly { readonly at: number; readonly title: string }[];
}

/** The load tests that take nothing but load and faults, and then the timeline that compose plays. */
export const scenarios: readonly Scenario[] = [...loadTests.flatMap((test) => playable(test) ?? []), everyFault()];

/** How long it takes, in seconds. */
export const durationOf = ({ load }: Scenario): number => secondsOf(load);

/** The step that it is in. */
export function stepAt({ steps }: Scenario, elapsed: number): string {
  return steps.findLast(({ at }) => at <= elapsed)?.title ?? '';
}

/** `undefined` for a test in which nothing happens, that compares settings, or that does what only its runner can do. */
function playable({ name, claim, short, rate, ...test }: LoadTest): Scenario | undefined {
  if (test.variants !== undefined || (test.steps === undefined && test.load === undefined)) return undefined;
  const healthy = test.healthy ?? healthyCustomer;
  const changes: { at: number; title: string; faults: Faults }[] = [];
  for (const { at, title, action } of test.steps?.(short) ?? []) {
    const faults = faultsOf(action, healthy);
    if (faults === undefined) return undefined;
    changes.push({ at: short.before + at, title, faults });
  }
  const { before, during, after } = short;
  const load = test.load?.(short) ?? { startRate: rate, stages: [{ rate, seconds: before + during + after }] };
  return {
    name,
    claim,
    load,
    timeline: timelineOf([{ at: 0, faults: healthy }, ...changes, { at: secondsOf(load), faults: healthyCustomer }]),
    steps: [{ at: 0, title: 'all is well' }, ...changes.map(({ at, title }) => ({ at, title })), ...changesOf(load)],
  };
}

/** What of an action can be done by customer's faults. */
function faultsOf(action: Action, healthy: Faults): Faults | undefined {
  if (action.kind === 'customer') return action.faults;
  const isOfCustomers = 'replicas' in action && action.replicas.every((replica) => replica.startsWith('customer'));
  if (!isOfCustomers) return undefined;
  return action.kind === 'kill' ? down : healthy;
}

function timelineOf(steps: readonly { readonly at: number; readonly faults: Faults }[]): FaultTimeline {
  return { steps: steps.map(({ at, faults }) => ({ at: `${at}s`, faults })) };
}

/** When the load becomes another one, in words. */
function changesOf({ startRate, stages }: LoadPlan): Scenario['steps'] {
  let [at, rate] = [0, startRate];
  return stages.flatMap((stage) => {
    const change = { at, title: `${stage.rate} requests a second` };
    const isOne = stage.rate !== rate;
    at += stage.seconds;
    rate = stage.rate;
    return isOne ? [change] : [];
  });
}

/** 20 accounts a second, while customer has one fault after the other. */
function everyFault(): Scenario {
  const steps = timeline.steps.map(({ at, faults }) => ({
    at: Number(at.replace('s', '')),
    title: Object.entries(faults)
      .map(([fault, setting]) => (typeof setting === 'string' ? `${fault} ${setting}` : fault))
      .join(', '),
  }));
  const seconds = (steps.at(-1)?.at ?? 0) + 20;
  return {
    name: 'every-fault',
    claim: 'Whatever customer does, accounts are opened, or accepted to be verified later.',
    load: { startRate: 20, stages: [{ rate: 20, seconds }] },
    timeline,
    steps,
  };
}
