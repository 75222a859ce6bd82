import type { PlayedCall, PlayedExperiment } from './experiments.ts';
import { durationText } from './duration-text.ts';
import { code, table } from './markdown.ts';

/** What the five differ in, and what comes of it. */
export function overview(played: readonly PlayedExperiment[]): string {
  const rows = played.map(({ experiment: { name }, config, calls }) => {
    const { slidingWindowType, slidingWindowSize, minimumNumberOfCalls, failureRateThreshold } = config;
    const { slowCallRateThreshold, slowCallDurationThreshold } = config;
    return [
      `[${name}](#${name})`,
      slidingWindowType === 'COUNT_BASED' ? `${slidingWindowSize} calls` : `${slidingWindowSize} s`,
      String(minimumNumberOfCalls),
      `${failureRateThreshold} %`,
      `${slowCallRateThreshold} % above ${durationText(slowCallDurationThreshold)}`,
      String(openedAfterCall(calls) ?? '–'),
      String(calls.filter(({ isPermitted }) => !isPermitted).length),
      calls.at(-1)?.state ?? '',
    ];
  });
  const head = [
    'experiment',
    'window',
    'minimum',
    'failures',
    'slow calls',
    'opened after call',
    'not permitted',
    'state at the end',
  ];
  return table(head, rows);
}

export function openedAfterCall(calls: readonly PlayedCall[]): number | undefined {
  return calls.find(({ state }) => state === 'OPEN')?.n;
}

/** What is tried, call by call, and what is learnt. */
export function experimentSection({ experiment, calls }: PlayedExperiment): string {
  const { name, setup, lesson } = experiment;
  const told = calls.filter(({ n }) => isWorthARow(n, calls));
  const rows = told.flatMap((call, at) => {
    const previous = told[at - 1]?.n ?? 0;
    return call.n - previous > 1 ? [dots, cells(call)] : [cells(call)];
  });
  const head = ['call', 'ended after', 'calls in the window', 'failures', 'slow calls', 'state after it'];
  return [`### ${name}`, setup, table(head, rows), lesson].join('\n\n');
}

const dots = ['…', '', '', '', '', ''];

/** The first ones, those around the one that decides, and the last. */
function isWorthARow(n: number, calls: readonly PlayedCall[]): boolean {
  const decides =
    openedAfterCall(calls) ?? calls.findIndex(({ inWindow }, at) => inWindow === calls[at + 1]?.inWindow) + 1;
  return n <= 2 || Math.abs(n - decides) <= 1 || n === calls.length;
}

function cells({ n, isPermitted, endedAtMs, inWindow, failureRate, slowCallRate, state }: PlayedCall): string[] {
  const ended = isPermitted ? `${endedAtMs / 1_000} s` : 'not permitted';
  return [String(n), ended, String(inWindow), percent(failureRate), percent(slowCallRate), code(state)];
}

function percent(rate: number): string {
  return rate < 0 ? 'not worked out' : `${rate} %`;
}
