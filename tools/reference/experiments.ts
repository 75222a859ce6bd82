import { join } from 'node:path';
import { type Experiment, experiments, lookupsPerExperiment } from '@breakwater/contracts/experiments';
import { loadResilienceConfig } from '../../libs/resilience/src/config/load-resilience-config.ts';
import { CallNotPermittedError } from '../../libs/resilience/src/core/circuit-breaker/circuit-breaker.errors.ts';
import type { CircuitBreakerConfig } from '../../libs/resilience/src/core/circuit-breaker/circuit-breaker.options.ts';
import type { StateName } from '../../libs/resilience/src/core/circuit-breaker/circuit-breaker.transitions.ts';
import { createRegistry, type PolicyOf } from '../../libs/resilience/src/core/policies.ts';
import { FakeClock } from '../../libs/resilience/src/testing/fake-clock.ts';
import { workspaceRoot } from './markdown.ts';

/** How long customer takes in the demo. */
export const latencyMs = 2_000;

/** One call, and the circuit breaker right after it. */
export interface PlayedCall {
  readonly n: number;
  readonly isPermitted: boolean;
  readonly endedAtMs: number;
  /** How many calls the window holds. */
  readonly inWindow: number;
  /** Percent; -1 while it is not worked out. */
  readonly failureRate: number;
  readonly slowCallRate: number;
  readonly state: StateName;
}

/** An experiment of the demo, played on the real circuit breaker in virtual time. */
export interface PlayedExperiment {
  readonly experiment: Experiment;
  readonly config: CircuitBreakerConfig;
  readonly calls: readonly PlayedCall[];
}

/** All of them, with the configuration that account has for them. */
export async function playExperiments(): Promise<readonly PlayedExperiment[]> {
  const files = ['resilience.yml', 'resilience-demo.yml'].map((file) => join(workspaceRoot, 'apps/account', file));
  // account's own class; no experiment is about it.
  const errorTypes = { CustomerUnavailableError: Error };
  const { circuitBreaker } = await loadResilienceConfig({ files, env: {}, errorTypes });
  const played: PlayedExperiment[] = [];
  for (const experiment of experiments) {
    const clock = new FakeClock();
    const registry = createRegistry('circuitBreaker', circuitBreaker, { clock });
    const calls = await play(registry.getOrCreate(experiment.name), clock);
    played.push({ experiment, calls, config: registry.getOrCreate(experiment.name).config });
  }
  return played;
}

async function play(breaker: PolicyOf<'circuitBreaker'>, clock: FakeClock): Promise<readonly PlayedCall[]> {
  const startedAt = clock.now();
  const calls: PlayedCall[] = [];
  for (let n = 1; n <= lookupsPerExperiment; n++) {
    const isPermitted = await breaker
      .execute(() => clock.advance(latencyMs))
      .then(
        () => true,
        (error: unknown) => {
          if (error instanceof CallNotPermittedError) return false;
          throw error;
        },
      );
    const { bufferedCalls: inWindow, failureRate, slowCallRate } = breaker.metrics;
    const endedAtMs = clock.now() - startedAt;
    calls.push({ n, isPermitted, endedAtMs, inWindow, failureRate, slowCallRate, state: breaker.state });
  }
  return calls;
}
