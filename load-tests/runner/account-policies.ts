import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '@breakwater/system-runner';
import { parse, stringify } from 'yaml';
import type { Engine } from './run-record.ts';
import type { Variant } from '../scenarios/scenario.ts';

type Settings = Record<string, unknown>;
type Instances = Record<string, Settings>;
interface Policies {
  resilience4j: {
    circuitbreaker: { configs: { default: Settings }; instances: Instances };
    timelimiter: { instances: Instances };
    bulkhead: { instances: Instances };
    retry: { instances: Instances };
    retrybudget: { instances: Instances };
    cachedfallback: { instances: Instances };
  };
}

/** Writes a configuration derived from account's `resilience.yml`. @returns the file */
export function writePolicies(engine: Engine, variant: Variant, directory: string): string {
  const own = readFileSync(path.join(workspaceRoot, 'apps/account/resilience.yml'), 'utf8');
  const file = path.join(directory, 'resilience.yml');
  writeFileSync(file, policiesFor(own, engine, variant));
  return file;
}

/** Account's configuration with another engine or other retries. */
export function policiesFor(own: string, engine: Engine, variant: Variant): string {
  if (engine === 'sliding-window' && variant === 'as-configured') return own;
  const policies = parse(own) as Policies;
  if (engine === 'opossum') runOnOpossum(policies);
  if (engine === 'none') disablePolicies(policies);
  if (variant !== 'as-configured') retryWithoutCircuitBreaker(policies, variant);
  return stringify(policies);
}

/** Changes only the engine. Opossum has a window of seconds, no slow-call rate and a single trial call. */
function runOnOpossum({ resilience4j: { circuitbreaker } }: Policies): void {
  const own = { ...circuitbreaker.configs.default, ...circuitbreaker.instances['customer'] };
  circuitbreaker.configs.default = {};
  circuitbreaker.instances['customer'] = {
    engine: 'opossum',
    slidingWindowType: 'TIME_BASED',
    slidingWindowSize: 10,
    minimumNumberOfCalls: own['minimumNumberOfCalls'],
    failureRateThreshold: own['failureRateThreshold'],
    waitDurationInOpenState: own['waitDurationInOpenState'],
  };
}

/**
 * An unprotected service: only the request deadline (10 s) remains. It still accepts accounts that it cannot
 * verify.
 */
function disablePolicies({ resilience4j }: Policies): void {
  const { circuitbreaker, timelimiter, bulkhead, retry, cachedfallback } = resilience4j;
  Object.assign(instance(circuitbreaker, 'customer'), { initialState: 'DISABLED' });
  // The deadline of the request shortens it.
  Object.assign(instance(timelimiter, 'customer'), { timeoutDuration: '60s' });
  Object.assign(instance(bulkhead, 'customer'), { maxConcurrentCalls: 100_000 });
  Object.assign(instance(retry, 'customer'), { maxAttempts: 1 });
  Object.assign(instance(cachedfallback, 'customer'), { staleLimit: '1ms' });
}

/** Four attempts without a circuit breaker, so that a retry storm can develop. */
function retryWithoutCircuitBreaker({ resilience4j }: Policies, variant: Variant): void {
  Object.assign(instance(resilience4j.circuitbreaker, 'customer'), { initialState: 'DISABLED' });
  const retry = instance(resilience4j.retry, 'customer');
  retry['maxAttempts'] = 4;
  if (variant === 'retries-without-budget') delete retry['retryBudget'];
}

function instance({ instances }: { instances: Instances }, name: string): Settings {
  const found = instances[name];
  if (found === undefined) throw new Error(`resilience.yml has no instance ${name}`);
  return found;
}
