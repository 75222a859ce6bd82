import type { Arm } from './environment.ts';
import type { Ratio } from './paired-comparison.ts';
import type { BenchJudgement, Measured, TargetCheck } from './verdict.ts';

/** The results for a terminal. */
export function asText({ pipeline, lag, coldStart }: Measured, { checks, invalid, isPassed }: BenchJudgement): string {
  const lines: string[] = [];
  if (pipeline) {
    const { perSecond, processorMsEach: each, throughput, processorTime, busy } = pipeline;
    const armAsText = (arm: Arm): string =>
      `${perSecond[arm].toFixed(0)} accounts/s` +
      (each === undefined ? '' : `, ${each[arm].toFixed(3)} ms of processor time per account`);
    lines.push(
      `with pipeline     ${armAsText('protected')}`,
      `without pipeline  ${armAsText('unprotected')}`,
      `throughput        ${ratioAsText(throughput)} kept, ${throughput.pairs} pairs`,
    );
    if (processorTime && each) {
      const costMicroseconds = (each.protected - each.unprotected) * 1_000;
      lines.push(
        `processor time    ${ratioAsText(processorTime)} kept: the pipeline costs ${costMicroseconds.toFixed(0)} µs per account`,
      );
    }
    if (busy !== undefined) lines.push(`utilization       account used ${share(busy)} of its processor`);
  }
  if (lag) {
    const { p50, p95, p99 } = lag.responses;
    const windows = lag.p99Ms.map((ms) => ms.toFixed(1)).join(', ');
    lines.push(
      `event loop lag    p99 ${lag.medianP99Ms.toFixed(1)} ms at ${lag.perSecond.toFixed(0)} requests/s (${windows})`,
      `response time     p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    );
  }
  if (coldStart) {
    const { medianMs, startsMs, parts } = coldStart;
    const range = `${Math.min(...startsMs).toFixed(0)} to ${Math.max(...startsMs).toFixed(0)}`;
    lines.push(`cold start        ${medianMs.toFixed(0)} ms (${range} ms, ${startsMs.length} starts)`);
    lines.push(...parts.map(({ name, ms }) => `  ${name.padEnd(36)}${ms.toFixed(0).padStart(5)} ms`));
  }
  lines.push('', ...checks.map(checkAsText));
  lines.push(
    invalid === undefined
      ? isPassed
        ? 'All targets were reached.'
        : 'Some targets were missed.'
      : `The run is invalid: ${invalid}.`,
  );
  return lines.join('\n');
}

function checkAsText({ what, value, target, unit, isReached }: TargetCheck): string {
  const wanted = unit === 'ratio' ? `at least ${share(target)}` : `below ${target} ms`;
  return `${isReached ? '✔' : '✖'} ${what}: ${unit === 'ratio' ? share(value) : `${value.toFixed(1)} ms`}, ${wanted}`;
}

const share = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;

const ratioAsText = ({ median, low, high }: Ratio): string => `${share(median)} (${share(low)} to ${share(high)})`;
