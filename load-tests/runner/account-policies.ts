import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '@breakwater/system-runner';
import { parse, stringify } from 'yaml';
import type { Engine } from './engines.ts';
import { hasCircuitBreaker, type Variant } from '../scenarios/scenario.ts';

type Settings = Record<string, unknown>;
type Kind = 'circuitbreaker' | 'endpointpool' | 'timelimiter' | 'bulkhead' | 'retry' | 'cachedfallback';
interface Policies {
  resilience4j: { pipelines: Record<string, string[]> } & Record<
    Kind,
    { configs: { default: Settings }; instances: Record<string, Settings> }
  >;
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
  if (engine === 'sliding-window' && !changesPolicies(variant)) return own;
  const policies = parse(own) as Policies;
  changeEngine(policies, engine);
  if (!hasCircuitBreaker(variant)) retryWithoutCircuitBreaker(policies, variant);
  if (variant === 'round-robin-without-ejection') takeReplicasInTurn(policies);
  if (variant === 'cold-cache') useNoStaleValue(policies);
  return stringify(policies);
}

const changesPolicies = (variant: Variant): boolean =>
  !hasCircuitBreaker(variant) || variant === 'round-robin-without-ejection' || variant === 'cold-cache';

function changeEngine(policies: Policies, engine: Engine): void {
  switch (engine) {
    case 'sliding-window':
      return;
    case 'opossum':
      return runOn(policies, 'opossum', ofSeconds);
    case 'cockatiel':
      return runOn(policies, 'cockatiel', ofCalls);
    case 'disabled':
      return disableCircuitBreakers(policies);
    case 'opossum-tuned':
      leaveLimitsToLibrary(policies);
      return runOn(policies, 'opossum-tuned', ofSeconds);
    case 'cockatiel-tuned':
      leaveLimitsToLibrary(policies);
      return runOn(policies, 'cockatiel-tuned', ({ waitDurationInOpenState }) => ({ waitDurationInOpenState }));
    case 'none':
      return disablePolicies(policies);
  }
}

/** opossum has a window of seconds, no slow-call rate and a single trial call. */
const ofSeconds = (own: Settings): Settings => ({
  slidingWindowType: 'TIME_BASED',
  slidingWindowSize: 10,
  minimumNumberOfCalls: own['minimumNumberOfCalls'],
  failureRateThreshold: own['failureRateThreshold'],
  waitDurationInOpenState: own['waitDurationInOpenState'],
});

/** cockatiel has a window of calls and several trial calls, but no slow-call rate. */
const ofCalls = (own: Settings): Settings => ({
  slidingWindowType: own['slidingWindowType'],
  slidingWindowSize: own['slidingWindowSize'],
  minimumNumberOfCalls: own['minimumNumberOfCalls'],
  failureRateThreshold: own['failureRateThreshold'],
  waitDurationInOpenState: own['waitDurationInOpenState'],
  permittedNumberOfCallsInHalfOpenState: own['permittedNumberOfCallsInHalfOpenState'],
});

/** @param optionsOf the options that the engine has, of those that account's circuit breaker has */
function runOn(
  { resilience4j: { circuitbreaker } }: Policies,
  engine: Engine,
  optionsOf: (own: Settings) => Settings,
): void {
  const { configs, instances } = circuitbreaker;
  for (const [name, instance] of Object.entries(instances)) {
    instances[name] = { engine, ...optionsOf({ ...configs.default, ...instance }) };
  }
  configs.default = {};
}

/** The calls of customer have neither a time limiter nor a bulkhead: the library limits them. */
function leaveLimitsToLibrary({ resilience4j: { pipelines } }: Policies): void {
  for (const name of ['customer', 'customer-reconciliation']) {
    const pipeline = pipelines[name];
    if (pipeline === undefined) throw new Error(`resilience.yml has no pipeline ${name}`);
    pipelines[name] = pipeline.filter((policy) => !/^(?:timeLimiter|bulkhead)\b/.test(policy));
  }
}

/**
 * An unprotected service: only the request deadline (5 s), which shortens the time limit, remains. It still accepts
 * accounts that it cannot verify.
 */
function disablePolicies(policies: Policies): void {
  disableCircuitBreakers(policies);
  Object.assign(customerOf(policies, 'timelimiter'), { timeoutDuration: '60s' });
  Object.assign(customerOf(policies, 'bulkhead'), { maxConcurrentCalls: 100_000 });
  Object.assign(customerOf(policies, 'retry'), { maxAttempts: 1 });
  useNoStaleValue(policies);
  takeReplicasInTurn(policies);
}

function useNoStaleValue(policies: Policies): void {
  Object.assign(customerOf(policies, 'cachedfallback'), { staleLimit: '1ms' });
}

/** Bad replicas of customer get their share, too. */
function takeReplicasInTurn(policies: Policies): void {
  const inTurn = { loadBalancing: 'ROUND_ROBIN', outlierDetectionEnabled: false };
  Object.assign(customerOf(policies, 'endpointpool'), inTurn);
}

/** Three attempts of a second each after every failure, and nothing that would stop them. */
function retryWithoutCircuitBreaker(policies: Policies, variant: Variant): void {
  disableCircuitBreakers(policies);
  retryEveryFailure(policies, { attempts: 3, timeoutMs: 1_000 });
  if (variant === 'retries-without-budget') delete customerOf(policies, 'retry')['retryBudget'];
}

/**
 * Account's configuration with only these policies around customer; a budget and circuit breakers are account's own. What
 * would add to or take from the calls, such as a stale value, is off.
 */
export function policiesOfStorm(own: string, storm: StormPolicies): string {
  const policies = parse(own) as Policies;
  if (!storm.hasBreaker) disableCircuitBreakers(policies);
  retryEveryFailure(policies, storm);
  if (!storm.hasBudget) delete customerOf(policies, 'retry')['retryBudget'];
  return stringify(policies);
}

/** What `policiesOfStorm` changes. */
export interface StormPolicies {
  readonly attempts: number;
  /** Of an attempt. */
  readonly timeoutMs: number;
  readonly hasBudget: boolean;
  readonly hasBreaker: boolean;
}

/** Attempts of this length after every failure, replicas in turn, no bulkhead and no stale value. */
function retryEveryFailure(policies: Policies, { attempts, timeoutMs }: Pick<StormPolicies, 'attempts' | 'timeoutMs'>) {
  useNoStaleValue(policies);
  takeReplicasInTurn(policies);
  Object.assign(customerOf(policies, 'timelimiter'), { timeoutDuration: `${timeoutMs}ms` });
  Object.assign(customerOf(policies, 'bulkhead'), { maxConcurrentCalls: 100_000 });
  const retry = Object.assign(customerOf(policies, 'retry'), { maxAttempts: attempts, waitDuration: '10ms' });
  // Timeouts, too.
  for (const option of ['retryExceptions', 'enableExponentialBackoff', 'exponentialBackoffMultiplier'])
    delete retry[option];
}

/** That of requests and that of the reconciler. */
function disableCircuitBreakers({ resilience4j: { circuitbreaker } }: Policies): void {
  for (const instance of Object.values(circuitbreaker.instances)) instance['initialState'] = 'DISABLED';
}

/** The settings of the policy around customer. */
function customerOf({ resilience4j }: Policies, kind: Kind): Settings {
  const found = resilience4j[kind].instances['customer'];
  if (found === undefined) throw new Error(`resilience.yml has no ${kind} around customer`);
  return found;
}
