import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect } from 'vitest';

// Lets each property of the fuzz specs run for a time instead of a hundred times. `tools/fuzz/main.ts` sets the variables.
const { FUZZ_SECONDS, FUZZ_SEED, FUZZ_REPORT = '' } = process.env;

fc.configureGlobal({
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: Number(FUZZ_SECONDS) * 1_000,
  seed: Number(FUZZ_SEED),
  reporter: (details) => {
    const { currentTestName: property } = expect.getState();
    appendFileSync(FUZZ_REPORT, `${JSON.stringify({ property, runs: details.numRuns, failed: details.failed })}\n`);
    if (details.failed) throw new Error(fc.defaultReportMessage(details));
  },
});
