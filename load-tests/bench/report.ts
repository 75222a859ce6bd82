import type { Protection } from './environment.ts';
import type { Estimate } from './paired-comparison.ts';
import type { ProtectionTimes } from './services/protection.ts';
import type { ServiceComparison } from './services/comparison.ts';
import type { BenchJudgement, Measured, TargetCheck } from './verdict.ts';

/** The results for a terminal. */
export function asText(
  { pipeline, lag, coldStart, services, protection, memory, watching }: Measured,
  { checks, invalid, isPassed }: BenchJudgement,
): string {
  const lines: string[] = [];
  if (pipeline) {
    const { perSecond, processorMsEach: each, throughput, processorTime, addedMs, busy } = pipeline;
    const armAsText = (arm: Protection): string =>
      `${perSecond[arm].toFixed(0)} accounts/s` +
      (each === undefined ? '' : `, ${each[arm].toFixed(3)} ms of processor time per account`);
    lines.push(
      `with pipeline     ${armAsText('protected')}`,
      `without pipeline  ${armAsText('unprotected')}`,
      `throughput        ${ratioAsText(throughput)} kept, ${throughput.pairs} pairs`,
    );
    if (processorTime && addedMs) {
      const micros = [addedMs.median, addedMs.low, addedMs.high].map((ms) => (ms * 1_000).toFixed(0));
      lines.push(
        `processor time    the pipeline costs ${micros[0]} µs per account (${micros[1]} to ${micros[2]}): ${ratioAsText(processorTime)} kept`,
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
  if (services) lines.push(...comparisonAsText(services));
  if (protection) lines.push(...protectionAsText(protection));
  for (const { name, firstMiB, maxMiB, mib } of memory?.services ?? []) {
    lines.push(
      `${name.padEnd(9)} ${firstMiB.toFixed(0)} MiB at first, at most ${maxMiB.toFixed(0)}, ${mib.at(-1)} at the end`,
    );
  }
  for (const { pages, perSecond, services: measured } of watching?.phases ?? []) {
    const each = measured.map(
      ({ service, percent, mib }) => `${service} ${percent.toFixed(1)} %, ${mib.toFixed(0)} MiB`,
    );
    lines.push(`${pages} pages, ${perSecond} accounts/s: ${each.join('; ')}`);
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

/** A table of the arms, and their ratios. */
function comparisonAsText({ arms, notChecked, ratios }: ServiceComparison): string[] {
  const columns = [
    '',
    'ms per account',
    'accounts/s',
    'of its processor',
    'start, ms',
    'at rest, MiB',
    'under load, MiB',
  ];
  const rows = arms.map((arm) => [
    arm.name,
    `${arm.processorMsEach.toFixed(3)}${arm.isLevel ? '' : ' (falling)'}`,
    arm.perSecond.toFixed(0),
    share(arm.busy),
    arm.startMs.toFixed(0),
    arm.restMiB?.toFixed(0) ?? '–',
    arm.loadMiB.toFixed(0),
  ]);
  const widths = columns.map((column, at) => Math.max(column.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  ');
  return [
    ...[columns, ...rows].map(line),
    ...ratios.map(({ of, to, ratio: { median, low, high, pairs } }) => {
      const range = `${low.toFixed(2)} to ${high.toFixed(2)}`;
      return `${of} / ${to}: ${median.toFixed(2)} × the processor time (${range}, ${pairs} turns)`;
    }),
    ...notChecked.map(({ name, reason }) => `NOT CHECKED: ${name}, ${reason}`),
  ];
}

function protectionAsText({ perSecond, slowMs, results, notChecked }: ProtectionTimes): string[] {
  return [
    `until the circuit breaker is OPEN, ${perSecond} requests/s, customer responds after ${slowMs} ms:`,
    ...results.map(({ name, refusals, isDefault, medianMs, openedMs }) => {
      const all = openedMs.map((ms) => ms.toFixed(0)).join(', ');
      return `  ${name.padEnd(8)} refusals are ${refusals}${isDefault ? ' (default)' : ''}: ${medianMs.toFixed(0)} ms (${all})`;
    }),
    ...notChecked.map(({ name, reason }) => `NOT CHECKED: ${name}, ${reason}`),
  ];
}

function checkAsText({ what, value, bound, target, unit, isReached }: TargetCheck): string {
  const digits = unit === '×' ? 2 : 1;
  return `${isReached ? '✔' : '✖'} ${what}: ${value.toFixed(digits)} ${unit}, ${bound} ${target} ${unit}`;
}

const share = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;

const ratioAsText = ({ median, low, high }: Estimate): string => `${share(median)} (${share(low)} to ${share(high)})`;
