import type { BenchJudgement, Measured, TargetCheck } from './verdict.ts';

/** The results for a terminal. */
export function asText({ pipeline, lag, coldStart }: Measured, { checks, invalid, isPassed }: BenchJudgement): string {
  const lines: string[] = [];
  if (pipeline) {
    const { perSecond, processorMsEach: each, throughput, processorTime, busy } = pipeline;
    lines.push(
      `with pipeline     ${perSecond.protected.toFixed(0)} accounts/s${each ? `, ${each.protected.toFixed(3)} ms of processor time each` : ''}`,
      `without           ${perSecond.unprotected.toFixed(0)} accounts/s${each ? `, ${each.unprotected.toFixed(3)} ms each` : ''}`,
      `throughput kept   ${share(throughput.median)} (${share(throughput.low)} to ${share(throughput.high)}, ${throughput.pairs} pairs)`,
    );
    if (processorTime && each) {
      lines.push(
        `processor kept    ${share(processorTime.median)} (${share(processorTime.low)} to ${share(processorTime.high)}): ` +
          `the pipeline costs ${((each.protected - each.unprotected) * 1_000).toFixed(0)} µs a request`,
      );
    }
    if (busy !== undefined) lines.push(`account had       ${share(busy)} of its processor`);
  }
  if (lag) {
    const { p50, p95, p99 } = lag.answers;
    lines.push(
      `event loop lag    p99 ${lag.medianP99Ms.toFixed(1)} ms at ${lag.perSecond.toFixed(0)} requests/s (${lag.p99Ms.map((ms) => ms.toFixed(1)).join(', ')})`,
      `answers           p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    );
  }
  if (coldStart) {
    const { medianMs, startsMs, parts } = coldStart;
    const range = `${Math.min(...startsMs).toFixed(0)} to ${Math.max(...startsMs).toFixed(0)}`;
    lines.push(`cold start        ${medianMs.toFixed(0)} ms (${range} ms, ${startsMs.length} starts)`);
    lines.push(...parts.map(({ name, ms }) => `  ${name.padEnd(36)}${ms.toFixed(0).padStart(5)} ms`));
  }
  lines.push('', ...checks.map(checkAsText));
  lines.push(invalid === undefined ? (isPassed ? 'All reached.' : 'Not all reached.') : `Invalid: ${invalid}.`);
  return lines.join('\n');
}

function checkAsText({ what, value, target, unit, isReached }: TargetCheck): string {
  const wanted = unit === 'ratio' ? `at least ${share(target)}` : `below ${target} ms`;
  return `${isReached ? '✔' : '✖'} ${what}: ${unit === 'ratio' ? share(value) : `${value.toFixed(1)} ms`}, ${wanted}`;
}

const share = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
