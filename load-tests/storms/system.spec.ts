import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chosen, type StormConfiguration } from './configurations.ts';
import { faultsOf, loadOf, modelOf, predict, seconds, writePoliciesOf } from './system.ts';

const [usual] = chosen as [StormConfiguration];

let directory = '';
beforeAll(() => void (directory = mkdtempSync(path.join(tmpdir(), 'storm-system-'))));
afterAll(() => rmSync(directory, { recursive: true }));

describe('The model of the doctor', () => {
  it('has the capacity, the queue and the clients of the real system', () => {
    const configuration = { ...usual, queue: 20 };
    const model = modelOf(configuration);

    expect(model).toMatchObject({ clients: 2, replicas: 2, serviceTime: 'fixed', discipline: 'fifo' });
    expect(model.deadlineMs).toBe(loadOf(configuration).clientTimeoutSeconds * 1_000);
    expect(faultsOf(configuration)).toEqual({
      latency: `${model.serviceTimeMs}ms`,
      capacity: { workers: model.workers, queue: model.queue, abandonedWork: model.abandonedWork },
    });
  });

  it('has the calls that the reconcilers can make while each takes the whole timeout', () => {
    expect(modelOf({ ...usual, timeoutMs: 500 }).reconcilerPerSecond).toBe(16);
    expect(modelOf({ ...usual, timeoutMs: 1_000 }).reconcilerPerSecond).toBe(8);
    expect(modelOf({ ...usual, timeoutMs: 2_000 }).reconcilerPerSecond).toBe(4);
  });

  it('has no calls of the reconcilers in addition to a budget, of which they are a part', () => {
    expect(modelOf({ ...usual, hasBudget: true }).reconcilerPerSecond).toBe(0);
  });

  it('is simulated with the policies of the file that account reads', async () => {
    const verdictOf = async (configuration: StormConfiguration) =>
      (await predict(configuration, writePoliciesOf(configuration, directory))).verdict.kind;

    expect(await verdictOf(usual)).toBe('staysDown');
    expect(await verdictOf({ ...usual, hasBudget: true })).toBe('recovers');
    expect(await verdictOf({ ...usual, hasBreaker: true })).toBe('recovers');
    expect(await verdictOf({ ...usual, spike: 1 })).toBe('unharmed');
  });
});

describe('loadOf', () => {
  it('jumps to the spike and back after a warm-up, and observes at least a minute', () => {
    const { startRate, stages } = loadOf({ ...usual, load: 30, spike: 5 });

    expect(startRate).toBe(3);
    expect(stages.slice(-5)).toEqual([
      { rate: 30, seconds: seconds.before },
      { rate: 150, seconds: 0 },
      { rate: 150, seconds: seconds.trigger },
      { rate: 30, seconds: 0 },
      { rate: 30, seconds: seconds.after },
    ]);
    expect(seconds.after).toBeGreaterThanOrEqual(60);
  });
});

describe('writePoliciesOf', () => {
  const policiesOf = (configuration: StormConfiguration) =>
    parse(readFileSync(writePoliciesOf(configuration, directory), 'utf8')).resilience4j;

  it('changes timeout, attempts, budget and circuit breaker as the configuration says', () => {
    const without = policiesOf({ ...usual, timeoutMs: 500, attempts: 2 });
    const both = policiesOf({ ...usual, hasBudget: true, hasBreaker: true });

    expect(without.timelimiter.instances.customer.timeoutDuration).toBe('500ms');
    expect(without.retry.instances.customer).toMatchObject({ maxAttempts: 2 });
    expect(without.retry.instances.customer).not.toHaveProperty('retryBudget');
    expect(without.circuitbreaker.instances.customer.initialState).toBe('DISABLED');
    expect(both.retry.instances.customer.retryBudget).toBe('customer');
    expect(both.circuitbreaker.instances.customer).not.toHaveProperty('initialState');
  });

  it('leaves no stale value and no bulkhead in any configuration', () => {
    const { cachedfallback, bulkhead } = policiesOf(usual);

    expect(cachedfallback.instances.customer.staleLimit).toBe('1ms');
    expect(bulkhead.instances.customer.maxConcurrentCalls).toBe(100_000);
  });
});
