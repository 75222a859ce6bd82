import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { replayCircuitBreakerTraces, replayTrace } from './circuit-breaker.replay.ts';
import type { CircuitBreakerTrace } from './circuit-breaker.trace.ts';
import { ownTraces, replayFolder } from './conformance.ts';
import { describeDifference } from './difference.ts';
import { isReplayableByExecute, replayByExecute } from './execute.replay.ts';
import { quirks } from './quirks.ts';
import { readTraces } from './trace-files.ts';

const folder = fileURLToPath(ownTraces);

async function collect<T>(traces: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(traces);
}

describe("Resilience4j's recorded traces", () => {
  it('are all there, and replay identically through the public low-level calls', async () => {
    const counts: Record<string, { traces: number; steps: number }> = {};

    for await (const { name, result } of replayFolder(folder)) {
      counts[name] = { traces: result.traces, steps: result.steps };
      expect(result.differences.map(describeDifference)).toStrictEqual([]);
    }

    expect(counts).toMatchObject({
      'circuit-breaker': { traces: 1_500, steps: 82_946 },
      scenarios: { traces: 62, steps: 959 },
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

  it('are amended only where Resilience4j itself has a bug, and each time with a reason', async () => {
    const scenarios = await collect(readTraces<CircuitBreakerTrace>(folder, 'scenarios'));
    const traces = await collect(readTraces<CircuitBreakerTrace>(folder, 'circuit-breaker'));
    const withQuirk = [...scenarios, ...traces].filter(({ features }) => features.includes('quirk'));

    expect(withQuirk.map(({ name }) => name!).toSorted()).toStrictEqual(Object.keys(quirks).toSorted());
    for (const trace of withQuirk) {
      expect(quirks[trace.name!]?.decision).toMatch(/Resilience4j.*Here/);
      expect(replayTrace(trace)).toBeDefined();
    }
  });
});

describe('The replay', () => {
  it('finds a single wrong value', async () => {
    const [trace] = await collect(readTraces<CircuitBreakerTrace>(folder, 'scenarios'));
    const steps = trace!.steps.map((step, index) =>
      index === 3 ? { ...step, after: { ...step.after, bufferedCalls: 99 } } : step,
    );

    const difference = replayTrace({ ...trace!, steps });

    expect(difference).toMatchObject({ step: 4, what: 'bufferedCalls', expected: 99, actual: 2 });
  });

  it('finds a missing event', async () => {
    const [trace] = await collect(readTraces<CircuitBreakerTrace>(folder, 'scenarios'));
    const steps = trace!.steps.map((step, index) => (index === 1 ? { ...step, events: [] } : step));

    expect(replayTrace({ ...trace!, steps })).toMatchObject({ step: 2, what: 'the events' });
  });

  it('reads plain files as well as gzipped ones, and counts nothing for missing ones', async () => {
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

  it('names file and line of what is not JSON', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'conformance-'));
    try {
      await writeFile(join(temporary, 'scenarios.jsonl'), '\n{"id":');

      const replay = replayCircuitBreakerTraces(readTraces<CircuitBreakerTrace>(temporary, 'scenarios'));

      await expect(replay).rejects.toThrow(/scenarios\.jsonl, line 2, is not JSON/);
    } finally {
      await rm(temporary, { recursive: true });
    }
  });
});
