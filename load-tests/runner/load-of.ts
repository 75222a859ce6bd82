import type { LoadPlan } from '../scenarios/k6/load-plan.ts';
import type { Phase } from './run-record.ts';
import type { Durations, Scenario } from '../scenarios/scenario.ts';

/** Seconds in which load grows, processes get warm and account learns of customers; nothing is judged by them. */
export const warmUpSeconds = 12;
/** Compilers of a process that has just started are busy enough with this share of the load. */
const coldShare = 0.1;
/** How long a client waits for its answer. */
export const patienceSeconds = 5;

/** What k6 is to do in a scenario, warm-up included. */
export function loadOf({ rate, load }: Scenario, durations: Durations): LoadPlan {
  const { before, during, after } = durations;
  const constant = { startRate: rate, stages: [{ rate, seconds: before + during + after }] };
  const { startRate, stages } = load?.(durations) ?? constant;
  const warmUp = [
    { rate: startRate, seconds: warmUpSeconds / 2 },
    { rate: startRate, seconds: warmUpSeconds / 2 },
  ];
  return {
    startRate: Math.ceil(startRate * coldShare),
    stages: [...warmUp, ...stages.filter(({ seconds }) => seconds > 0)],
    patienceSeconds,
  };
}

/** The phases as they are planned; those of no length are left out. */
export function plannedPhases({ before, during, after }: Durations): Phase[] {
  const lengths = { 'warm-up': warmUpSeconds, before, during, after } as const;
  let fromMs = 0;
  return (['warm-up', 'before', 'during', 'after'] as const).flatMap((name) => {
    const phase = { name, fromMs, toMs: fromMs + lengths[name] * 1_000 };
    fromMs = phase.toMs;
    return phase.toMs > phase.fromMs ? [phase] : [];
  });
}

/**
 * The phases as they were: a fault begins when it has been set, and ends when its end has been done, which may take a
 * while.
 */
export function actualPhases(planned: readonly Phase[], faultBeganMs: number, faultEndedMs: number): Phase[] {
  return planned.map((phase) => {
    if (phase.name === 'before') return { ...phase, toMs: faultBeganMs };
    if (phase.name === 'during') return { ...phase, fromMs: faultBeganMs, toMs: faultEndedMs };
    return phase.name === 'after'
      ? { ...phase, fromMs: faultEndedMs, toMs: Math.max(phase.toMs, faultEndedMs) }
      : phase;
  });
}
