import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CircuitBreakerTrace } from '../conformance/circuit-breaker.trace.ts';
import { ownTraces } from '../conformance/conformance.ts';
import { amended, quirks } from '../conformance/quirks.ts';
import { readTraces } from '../conformance/traces.ts';
import { recordOwnRun } from './own-run.ts';
import { type FirstRejected, loadSpecification, simulate } from './quint.ts';
import { toSpecificationInput } from './specification-input.ts';

const folder = fileURLToPath(ownTraces);
/** `npm run specification` takes all of them. */
const everyNth = 10;

// A step takes a millisecond, and far longer on a busy machine.
describe('The specification of the circuit breaker', { timeout: 300_000 }, () => {
  let firstRejected: FirstRejected;
  let scenarios: readonly CircuitBreakerTrace[];

  beforeAll(async () => {
    firstRejected = await loadSpecification();
    scenarios = await Array.fromAsync(readTraces<CircuitBreakerTrace>(folder, 'scenarios'));
  }, 60_000);

  const rejected = (traces: readonly CircuitBreakerTrace[], isStrict = false) =>
    traces
      .map((trace) => ({ trace: trace.name ?? trace.id, step: firstRejected(toSpecificationInput(trace, isStrict)) }))
      .filter(({ step }) => step > 0);

  it("accepts Resilience4j's recorded traces", async () => {
    const traces = await Array.fromAsync(readTraces<CircuitBreakerTrace>(folder, 'circuit-breaker'));

    expect(rejected(traces.filter((_, index) => index % everyNth === 0))).toStrictEqual([]);
    expect(rejected(scenarios.map(amended))).toStrictEqual([]);
  });

  it('has the four bugs of Resilience4j as counterexamples', () => {
    const counterexamples = Object.fromEntries(rejected(scenarios).map(({ trace, step }) => [trace, step]));

    expect(counterexamples).toStrictEqual(
      Object.fromEntries(
        Object.entries(quirks).map(([name, { steps }]) => [name, Math.min(...Object.keys(steps).map(Number)) + 1]),
      ),
    );
  });

  it('rejects a trace with one wrong value, event or result', () => {
    const trace = scenarios[0]!;
    const at = trace.steps.findIndex(({ events }) => events.length > 0);
    const rejectedWith = (change: Partial<(typeof trace.steps)[number]>) =>
      rejected([{ ...trace, steps: trace.steps.map((step, index) => (index === at ? { ...step, ...change } : step)) }]);

    expect(rejectedWith({})).toStrictEqual([]);
    for (const change of [{ after: { slowCalls: 99 } }, { events: [] }, { result: false }, { throws: 'Error' }]) {
      expect(rejectedWith(change)).toStrictEqual([{ trace: trace.name, step: at + 1 }]);
    }
  });

  it('accepts traces of our own calls by execute, and not as those of anonymous calls', async () => {
    const traces = await Promise.all(Array.from({ length: 60 }, (_, seed) => recordOwnRun(seed)));

    expect(rejected(traces, true)).toStrictEqual([]);
    expect(rejected(traces, false).length).toBeGreaterThan(0);
  });

  it('keeps its invariants in random executions of concurrent calls', async () => {
    await expect(simulate('strict', 'invariant', 150, 1)).resolves.toMatchObject({ holds: true });
  });

  it('shows that an anonymous result can decide a later state', async () => {
    await expect(simulate('anonymous', 'lateResultsDecideNothing', 150, 1)).resolves.toMatchObject({ holds: false });
  });
});
