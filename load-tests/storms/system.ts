import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Faults } from '@breakwater/contracts';
import {
  defaultModel,
  instancesInFiles,
  simulateStorm,
  type Storm,
  type StormModel,
} from '@breakwater/resilience/doctor';
import { workspaceRoot } from '@breakwater/system-runner';
import { policiesOfStorm } from '../runner/account-policies.ts';
import { afterWarmUp } from '../runner/load-of.ts';
import type { LoadPlan } from '../scenarios/k6/load-plan.ts';
import type { StormConfiguration } from './configurations.ts';

/** Seconds without trigger that are judged, seconds of the trigger, and seconds after it. */
export const seconds = { before: 5, trigger: 5, after: 62 };

/** Two accounts call two customers, each of which serves two calls of 60 ms at a time: 66 per second in all. */
const accounts = 2;
const customers = { replicas: 2, workers: 2, latencyMs: 60 };

/** How long a client waits, which is also the longest that account takes for a request. */
const clientTimeoutSeconds = 5;

/** The reconciler of each account (apps/account/resilience.yml): so many calls per second, and at a time. */
const reconciler = { perSecond: 8, concurrent: 4 };

/** The faults of each customer. */
export function faultsOf({ queue }: StormConfiguration): Faults {
  const { latencyMs, workers } = customers;
  return { latency: `${latencyMs}ms`, capacity: { workers, queue, abandonedWork: 'kept' } };
}

/** The load of a run: a warm-up, and the trigger in the midst of the usual load. */
export function loadOf({ load, spike }: StormConfiguration): LoadPlan {
  const stages = [
    { rate: load, seconds: seconds.before },
    // A stage without a duration is a jump.
    { rate: load * spike, seconds: 0 },
    { rate: load * spike, seconds: seconds.trigger },
    { rate: load, seconds: 0 },
    { rate: load, seconds: seconds.after },
  ];
  return { ...afterWarmUp(load, stages), clientTimeoutSeconds };
}

/** Writes account's policies. @returns the file */
export function writePoliciesOf(configuration: StormConfiguration, directory: string): string {
  const own = readFileSync(path.join(workspaceRoot, 'apps/account/resilience.yml'), 'utf8');
  const file = path.join(directory, 'resilience.yml');
  writeFileSync(file, policiesOfStorm(own, configuration));
  return file;
}

/**
 * The doctor's model of the same system.
 *
 * The reconciler repeats the calls of accounts that were accepted without a result. While its calls time out, its four permits in
 * each account determine how many it makes. With a budget, they take from what the retries use up anyway, and add nothing.
 * The load balancer repeats no request: account responds to all of them in time.
 */
export function modelOf({ queue, timeoutMs, hasBudget }: StormConfiguration): StormModel {
  const { replicas, workers, latencyMs } = customers;
  const calls = Math.min(reconciler.perSecond, (reconciler.concurrent * 1_000) / timeoutMs);
  return {
    ...defaultModel,
    clients: accounts,
    deadlineMs: clientTimeoutSeconds * 1_000,
    replicas,
    workers,
    serviceTimeMs: latencyMs,
    serviceTime: 'fixed',
    queue,
    balancerAttempts: 1,
    reconcilerPerSecond: hasBudget ? 0 : accounts * calls,
    horizonMs: seconds.after * 1_000,
  };
}

/** What the doctor predicts, from the file that account reads. */
export async function predict(configuration: StormConfiguration, policies: string): Promise<Storm> {
  const { instances } = await instancesInFiles([policies], {});
  const instance = instances.find(({ name }) => name === 'customer');
  if (instance === undefined) throw new Error(`${policies} has no policies around customer`);
  const { load, spike: size } = configuration;
  const trigger = { kind: 'load', size, durationMs: seconds.trigger * 1_000 } as const;
  return simulateStorm(instance, modelOf(configuration), { load, trigger });
}
