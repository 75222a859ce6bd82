import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type BulkheadTrace, replayBulkheadTrace } from './bulkhead.replay.ts';
import { replayCircuitBreakerTrace } from './circuit-breaker.replay.ts';
import type { CircuitBreakerTrace } from './circuit-breaker.trace.ts';
import { ownTraces, replayFolder } from './conformance.ts';
import { isReplayableByExecute, replayByExecute } from './execute.replay.ts';
import { quirks } from './quirks.ts';
import { type RateLimiterStep, type RateLimiterTrace, replayRateLimiterTrace } from './rate-limiter.replay.ts';
import { replayRetryTrace } from './retry.replay.ts';
import type { ExecutionTrace, IntervalTrace, RetryTrace } from './retry.trace.ts';
import { describeDifference, readTraces } from './traces.ts';

const folder = fileURLToPath(ownTraces);

async function collect<T>(traces: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(traces);
}

// A hundred thousand steps take two seconds, and far longer on a busy machine.
describe("Resilience4j's recorded traces", { timeout: 120_000 }, () => {
  it('are complete and replay identically through the public low-level methods', async () => {
    const counts: Record<string, { traces: number; steps: number }> = {};

    for await (const { name, result } of replayFolder(folder)) {
      counts[name] = { traces: result.traces, steps: result.steps };
      expect(result.differences.map(describeDifference)).toStrictEqual([]);
    }

    expect(counts).toMatchObject({
      'circuit-breaker': { traces: 1_500, steps: 82_946 },
      scenarios: { traces: 62, steps: 959 },
      'rate-limiter': { traces: 300, steps: 9_502 },
      bulkhead: { traces: 240, steps: 7_027 },
      retry: { traces: 520, steps: 2_558 },
      'config-validation': { traces: 112, steps: 112 },
    });
  });

  it('replay identically through execute, up to the first late result', async () => {
    let traces = 0;
    let identicalSteps = 0;

    for (const name of ['scenarios', 'circuit-breaker']) {
      for await (const trace of readTraces<CircuitBreakerTrace>(folder, name)) {
        if (!isReplayableByExecute(trace)) continue;
        const replay = await replayByExecute(trace);
        expect({ trace: trace.id, difference: replay.difference }).toStrictEqual({
          trace: trace.id,
          difference: undefined,
        });
        traces++;
        identicalSteps += replay.identicalSteps;
      }
    }

    expect(traces).toBeGreaterThan(1_000);
    expect(identicalSteps).toBeGreaterThan(20_000);
  });

  it('are amended only for bugs of Resilience4j, each with a reason', async () => {
    const scenarios = await collect(readTraces<CircuitBreakerTrace>(folder, 'scenarios'));
    const traces = await collect(readTraces<CircuitBreakerTrace>(folder, 'circuit-breaker'));
    const withQuirk = [...scenarios, ...traces].filter(({ features }) => features.includes('quirk'));

    expect(withQuirk.map(({ name }) => name!).toSorted()).toStrictEqual(Object.keys(quirks).toSorted());
    for (const trace of withQuirk) {
      expect(quirks[trace.name!]?.decision).toMatch(/Resilience4j.*Here/);
      expect(replayCircuitBreakerTrace(trace)).toBeDefined();
    }
  });
});

describe('The replay', () => {
  it('finds a single wrong value', async () => {
    const [trace] = await collect(readTraces<CircuitBreakerTrace>(folder, 'scenarios'));
    const steps = trace!.steps.map((step, index) =>
      index === 3 ? { ...step, after: { ...step.after, bufferedCalls: 99 } } : step,
    );

    const difference = replayCircuitBreakerTrace({ ...trace!, steps });

    expect(difference).toMatchObject({ step: 4, what: 'bufferedCalls', expected: 99, actual: 2 });
  });

  it('finds a missing event', async () => {
    const [trace] = await collect(readTraces<CircuitBreakerTrace>(folder, 'scenarios'));
    const steps = trace!.steps.map((step, index) => (index === 1 ? { ...step, events: [] } : step));

    expect(replayCircuitBreakerTrace({ ...trace!, steps })).toMatchObject({ step: 2, what: 'the events' });
  });

  it('finds a wait of a rate limiter that differs by a nanosecond', async () => {
    const traces = await collect(readTraces<RateLimiterTrace>(folder, 'rate-limiter'));
    const isHeld = (step: RateLimiterStep) => step.op === 'acquirePermission' && step.waitedNanos > 1;
    const trace = traces.find(({ steps }) => steps.some(isHeld))!;
    const at = trace.steps.findIndex(isHeld);
    const replayWith = (extraNanos: number) => {
      const steps = trace.steps.map((step, index) =>
        index === at && step.op === 'acquirePermission'
          ? { ...step, waitedNanos: step.waitedNanos + extraNanos }
          : step,
      );
      return replayRateLimiterTrace({ ...trace, steps: steps.slice(0, at + 1) });
    };

    await expect(replayWith(0)).resolves.toBeUndefined();
    await expect(replayWith(1)).resolves.toMatchObject({ step: at + 1, actual: 'held too short' });
    await expect(replayWith(-1)).resolves.toMatchObject({ step: at + 1, actual: 'held too long' });
  });

  it('finds a caller of a bulkhead that is permitted out of order', async () => {
    const traces = await collect(readTraces<BulkheadTrace>(folder, 'bulkhead'));
    const trace = traces.find(({ features }) => features.includes('waiting'))!;
    const at = trace.steps.findIndex(({ settled = [] }) => settled.length === 1);
    const steps = trace.steps.map((step, index) =>
      index === at ? { ...step, settled: [{ call: step.settled![0]!.call + 1, result: true }] } : step,
    );

    const difference = await replayBulkheadTrace({ ...trace, steps });

    expect(difference).toMatchObject({ step: at + 1, what: 'the settled calls' });
  });

  it('finds a wrong wait, event and counter of a retry', async () => {
    const traces = await collect(readTraces<RetryTrace>(folder, 'retry'));
    const isExecution = (trace: RetryTrace): trace is ExecutionTrace => trace.kind === 'execution';
    for (const mode of ['sync', 'async']) {
      const trace = traces
        .filter(isExecution)
        .find((trace) => trace.mode === mode && trace.executions[0]!.waitsMs.length > 0)!;
      const [first] = trace.executions;
      const replayWith = (change: Partial<typeof first>) =>
        replayRetryTrace({ ...trace, executions: [{ ...first!, ...change }] });

      await expect(replayWith({})).resolves.toBeUndefined();
      await expect(replayWith({ waitsMs: first!.waitsMs.map((ms) => ms + 1) })).resolves.toMatchObject({
        what: 'the waits',
      });
      await expect(replayWith({ events: first!.events.slice(1) })).resolves.toMatchObject({ what: 'the events' });
      await expect(replayWith({ metrics: { ...first!.metrics, totalCalls: 0 } })).resolves.toMatchObject({
        what: 'the metrics',
      });
    }
  });

  it('finds a wrong interval for one random number', async () => {
    const traces = await collect(readTraces<RetryTrace>(folder, 'retry'));
    const isRandomized = (trace: RetryTrace): trace is IntervalTrace =>
      trace.kind === 'interval' && trace.function.kind === 'randomized';
    const trace = traces.find(isRandomized)!;
    const [first, ...others] = trace.intervals;
    const [sample, ...samples] = first!.samples!;

    const wrong = { ...first!, samples: [{ ...sample!, ms: sample!.ms + 1 }, ...samples] };

    await expect(replayRetryTrace({ ...trace, intervals: [wrong, ...others] })).resolves.toMatchObject({
      step: 1,
      what: 'the samples of interval 1',
    });
  });

  it('reads plain and gzipped files and skips missing ones', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'conformance-'));
    try {
      const [trace] = await collect(readTraces<CircuitBreakerTrace>(folder, 'scenarios'));
      await writeFile(join(temporary, 'scenarios.jsonl'), `${JSON.stringify(trace)}\n\n`);

      const results = await Array.fromAsync(replayFolder(temporary));

      expect(results.filter(({ result }) => result.traces > 0).map(({ name }) => name)).toStrictEqual(['scenarios']);
    } finally {
      await rm(temporary, { recursive: true });
    }
  });

  it('reports file and line of a line that is not JSON', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'conformance-'));
    try {
      await writeFile(join(temporary, 'scenarios.jsonl'), '\n{"id":');

      const replay = Array.fromAsync(replayFolder(temporary));

      await expect(replay).rejects.toThrow(/scenarios\.jsonl, line 2, is not JSON/);
    } finally {
      await rm(temporary, { recursive: true });
    }
  });
});
