import type { LoadPlan } from '../scenarios/k6/load-plan.ts';
import type { Phase } from './run-record.ts';
import type { Durations, Scenario } from '../scenarios/scenario.ts';

/** The load grows, processes warm up and account caches customers; this phase is not judged. */
export const warmUpSeconds = 12;
/** Share of the load at the start, when the processes still compile their code. */
const coldShare = 0.1;

/** The load of a scenario including the warm-up. */
export function loadOf({ rate, load, clientTimeoutSeconds = 5 }: Scenario, durations: Durations): LoadPlan {
  const { before, during, after } = durations;
  const constant = { startRate: rate, stages: [{ rate, seconds: before + during + after }] };
  const { startRate, stages } = load?.(durations) ?? constant;
  return {
    ...afterWarmUp(
      startRate,
      stages.filter(({ seconds }) => seconds > 0),
    ),
    clientTimeoutSeconds,
  };
}

/** These stages after a warm-up at the given rate. */
export function afterWarmUp(rate: number, stages: LoadPlan['stages']): Pick<LoadPlan, 'startRate' | 'stages'> {
  const half = { rate, seconds: warmUpSeconds / 2 };
  return { startRate: Math.ceil(rate * coldShare), stages: [half, half, ...stages] };
}

/** The planned phases, without empty ones. */
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
 * The actual phases: a fault starts when it is set and ends when its removal is complete, which may take a while.
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
