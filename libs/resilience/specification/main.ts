import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { CircuitBreakerTrace } from '../conformance/circuit-breaker.trace.ts';
import { ownTraces } from '../conformance/conformance.ts';
import { amended } from '../conformance/quirks.ts';
import { readTraces } from '../conformance/traces.ts';
import { recordOwnRun } from './own-run.ts';
import { loadSpecification, simulate } from './quint.ts';
import { toSpecificationInput } from './specification-input.ts';

/** `npm run specification -w @breakwater/resilience [-- --seed N]`: checks all traces and simulates at length. */
const numberOfOwnRuns = 1_000;
const numberOfSimulations = 2_000;

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' } } });
const seed = Number(values.seed);
if (!Number.isInteger(seed)) throw new TypeError(`--seed must be a whole number, but is '${values.seed}'.`);

const firstRejected = await loadSpecification();
let hasFailed = false;

async function check(name: string, traces: AsyncIterable<CircuitBreakerTrace>, isStrict: boolean): Promise<void> {
  let [accepted, steps] = [0, 0];
  for await (const trace of traces) {
    const step = firstRejected(toSpecificationInput(trace, isStrict));
    if (step > 0) {
      hasFailed = true;
      print(`  ${trace.name ?? trace.id} is rejected at step ${step}`);
    }
    if (step === 0) accepted++;
    steps += trace.steps.length;
  }
  print(`${name}: ${accepted} traces of ${steps} steps accepted`);
}

async function* recorded(): AsyncGenerator<CircuitBreakerTrace> {
  for (const name of ['scenarios', 'circuit-breaker']) {
    for await (const trace of readTraces<CircuitBreakerTrace>(fileURLToPath(ownTraces), name)) yield amended(trace);
  }
}

async function* ownRuns(): AsyncGenerator<CircuitBreakerTrace> {
  for (let run = 0; run < numberOfOwnRuns; run++) yield await recordOwnRun(seed * numberOfOwnRuns + run);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await check('Resilience4j', recorded(), false);
await check('our own runs', ownRuns(), true);
const { holds, output } = await simulate('strict', 'invariant', numberOfSimulations, seed);
print(`${numberOfSimulations} simulations of 30 steps: the invariant ${holds ? 'holds' : `is violated\n${output}`}`);
print(`The seed was ${seed}.`);
if (hasFailed || !holds) process.exitCode = 1;
