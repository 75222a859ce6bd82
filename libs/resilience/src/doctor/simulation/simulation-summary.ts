import type { StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import type { Outage, OutagePhase } from './outage.ts';
import { type Outcome, outcomes, type SimulatedCall, type SimulatedTransition, type Simulation } from './simulate.ts';

/** What callers saw in one phase of the outage, by the beginning of their calls. */
export interface PhaseSummary extends OutagePhase {
  /** When the next phase began, or the last call ended. */
  readonly endMs: number;
  readonly calls: Readonly<Record<Outcome, number>>;
  /** Attempts that reached the dependency. */
  readonly dependencyCalls: number;
  /** How long a caller waited at most, in milliseconds. */
  readonly longestWaitMs: number;
}

/** A simulation in figures, for programs. */
export interface SimulationSummary {
  readonly instance: string;
  readonly initialState: StateName | undefined;
  readonly finalState: StateName | undefined;
  readonly transitions: readonly SimulatedTransition[];
  readonly phases: readonly PhaseSummary[];
}

export function summarize(simulation: Simulation, outage: Outage): SimulationSummary {
  const { instance, initialState, finalState, transitions, calls, dependencyCallsAtMs, endedAtMs } = simulation;
  const phases = outage.phases.flatMap((phase, index) => {
    const isLast = index === outage.phases.length - 1;
    const endMs = isLast ? Math.max(endedAtMs, phase.atMs) : (outage.phases[index + 1]?.atMs ?? endedAtMs);
    const isIn = (atMs: number) => atMs >= phase.atMs && (isLast || atMs < endMs);
    const own = calls.filter(({ startedAtMs }) => isIn(startedAtMs));
    const wasReached = own.length > 0 || endedAtMs >= phase.atMs;
    const longestWaitMs = own.reduce((most, call) => Math.max(most, call.endedAtMs - call.startedAtMs), 0);
    const dependencyCalls = dependencyCallsAtMs.filter(isIn).length;
    return wasReached ? [{ ...phase, endMs, calls: countOutcomes(own), dependencyCalls, longestWaitMs }] : [];
  });
  return { instance, initialState, finalState, transitions, phases };
}

export function countOutcomes(calls: readonly SimulatedCall[]): Readonly<Record<Outcome, number>> {
  const counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const { outcome } of calls) counts[outcome]++;
  return counts;
}
