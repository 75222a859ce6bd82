import { styleText } from 'node:util';
import { withTokens } from '@breakwater/contracts/console-tokens';
import {
  type Experiment,
  type ExperimentCall,
  experiments as allExperiments,
  type LookupOutcome,
  type LookupSeries,
} from '@breakwater/contracts/experiments';
import type { LocalSystem } from '@breakwater/system-runner';
import { getBorderCharacters, table, type TableUserConfig } from 'table';
import { summarize } from './lookup-series.ts';
import type { Recovery } from './recovery.ts';

/** The results of a run. */
export interface DemoResults {
  readonly experiments: readonly { readonly experiment: Experiment; readonly series: LookupSeries }[];
  readonly recovery: Recovery;
  readonly timeScale: number;
}

/** The results as a JSON document for programs. Its shape is stable. */
export function resultsAsJson({ experiments, recovery, timeScale }: DemoResults): string {
  const asJson = ({ transitions: _transitions, ...call }: ExperimentCall): Omit<ExperimentCall, 'transitions'> => call;
  const document = {
    experiments: experiments.map(({ experiment, series }) => ({
      name: experiment.name,
      config: series.config,
      calls: series.calls.map(asJson),
      ...summarize(series.calls),
    })),
    recovery: { ...recovery, calls: recovery.calls.map(asJson) },
    timeScale,
  };
  return JSON.stringify(document, null, 2);
}

/** The results for a terminal: a table and a lesson per experiment, the recovery and a summary. */
export function resultsAsText({ experiments, recovery }: DemoResults): string {
  const sections = experiments.map(({ experiment, series }) => experimentSection(experiment, series));
  return [...sections, recoverySection(recovery), summaryTable(experiments)].join('\n');
}

/** The address of the console, with the tokens of the services. */
export function consoleAddress({ consoleUrl, faultsToken, actuatorToken }: LocalSystem): string {
  if (consoleUrl === undefined) throw new Error('the system has no console');
  return withTokens(consoleUrl, { faults: faultsToken, actuator: actuatorToken });
}

/** The addresses of a running system, commands to try on it, and the console's address as the last line. */
export function nextSteps(system: LocalSystem): string {
  const { gatewayUrl, accountUrls, customerUrls, faultsToken, logs } = system;
  return `The system runs until you press Ctrl-C.

  load balancer   ${gatewayUrl}
  account         ${accountUrls.join('   ')}
  customer        ${customerUrls.join('   ')}
  logs            ${logs}

Try these commands:

  # open an account; account looks up the customer first
  curl -i ${gatewayUrl}/accounts -H 'content-type: application/json' \\
     -d '{"customerId":"c-1001","currency":"EUR"}'

  # make both customer services slow again; "0ms" makes them fast
  curl -X PUT ${customerUrls.map((url) => `${url}/faults`).join(' ')} \\
     -H 'authorization: Bearer ${faultsToken}' \\
     -H 'content-type: application/json' -d '{"latency":"2s"}'

  # five lookups through the breaker of an experiment, one line per call
  curl -N ${gatewayUrl}/experiments/customer-lookups \\
     -H 'content-type: application/json' -d '{"times":5,"breaker":"count-slow"}'

Watch the system and break it in the console; this address has the tokens:

${consoleAddress(system)}
`;
}

function experimentSection(experiment: Experiment, { instance, config, calls }: LookupSeries): string {
  const number = allExperiments.indexOf(experiment) + 1;
  return [
    heading(`${number}. ${experiment.name}`, `on ${instance}`),
    wrap(experiment.setup),
    paint('dim', wrap(describeConfig(config))),
    callTable(calls).trimEnd(),
    wrap(`→ ${experiment.lesson}`),
    '',
  ].join('\n');
}

function recoverySection({ breaker, instance, calls, recovered }: Recovery): string {
  const trialCalls = calls.filter(({ outcome }) => outcome !== 'not-permitted').length;
  const lesson = recovered
    ? '→ After waitDurationInOpenState the breaker becomes HALF_OPEN and permits trial calls. ' +
      `${trialCalls} successful trial calls in a row close it again.`
    : '→ The breaker did not recover.';
  return [
    heading(`Recovery of ${breaker}`, `on ${instance}`),
    wrap('The customer services respond immediately again.'),
    callTable(calls).trimEnd(),
    wrap(lesson),
    '',
  ].join('\n');
}

/** The options that differ between the experiments, in reading order, with their units. */
const configUnits = {
  slidingWindowType: '',
  slidingWindowSize: '',
  minimumNumberOfCalls: '',
  failureRateThreshold: ' %',
  slowCallRateThreshold: ' %',
  slowCallDurationThreshold: ' ms',
} as const;

/** `slidingWindowSize 10, …`, with no-break spaces inside an option. */
function describeConfig(config: LookupSeries['config']): string {
  return Object.entries(configUnits)
    .filter(([name]) => config[name] !== undefined)
    .map(([name, unit]) => `${name} ${String(config[name])}${typeof config[name] === 'number' ? unit : ''}`)
    .map((option) => option.replaceAll(' ', '\u00A0'))
    .join(', ');
}

const frame: TableUserConfig = {
  border: getBorderCharacters('norc'),
  // Lines only around the table and below its head.
  drawHorizontalLine: (index, size) => index <= 1 || index === size,
  drawVerticalLine: (index, size) => index === 0 || index === size,
};

/** A row per call: its outcome, its duration and the breaker after it. */
export function callTable(calls: readonly ExperimentCall[]): string {
  const rows = calls.map((call) => [
    String(call.n),
    paint(outcomeColours[call.outcome], outcomeTexts[call.outcome]),
    `${Math.round(call.durationMs)} ms`,
    showState(call),
    showRate(call.failureRate),
    showRate(call.slowCallRate),
  ]);
  return alignedTable(
    ['Call', 'Outcome', 'Duration', 'State after', 'Failed', 'Slow'],
    ['right', 'left', 'right', 'left', 'right', 'right'],
    rows,
  );
}

function summaryTable(experiments: DemoResults['experiments']): string {
  const rows = experiments.map(({ experiment, series }) => {
    const { openedAfterCall, notPermitted, finalState } = summarize(series.calls);
    return [experiment.name, String(openedAfterCall ?? '–'), String(notPermitted), paintState(finalState ?? '–')];
  });
  return alignedTable(
    ['Experiment', 'Opened after call', 'Not permitted', 'Final state'],
    ['left', 'right', 'right', 'left'],
    rows,
  );
}

function alignedTable(
  titles: readonly string[],
  alignments: readonly ('left' | 'right')[],
  rows: readonly string[][],
): string {
  const head = titles.map((title) => paint('bold', title));
  return table([head, ...rows], { ...frame, columns: alignments.map((alignment) => ({ alignment })) });
}

const outcomeTexts: Readonly<Record<LookupOutcome, string>> = {
  answered: 'answered',
  slow: 'slow',
  'not-permitted': 'not permitted → fallback',
  failed: 'failed → fallback',
};

const outcomeColours = { answered: 'green', slow: 'yellow', 'not-permitted': 'magenta', failed: 'red' } as const;

/** The state, after the previous states if this call changed it. */
function showState({ state, transitions }: ExperimentCall): string {
  const before = transitions.map((transition) => transition.split('->', 1).join());
  return [...before, state].map(paintState).join(' → ');
}

/** Green: calls are permitted; red: calls are refused; yellow: trial calls. */
function paintState(state: string): string {
  if (state === 'CLOSED') return paint('green', state);
  if (state === 'OPEN' || state === 'FORCED_OPEN') return paint('red', state);
  return paint('yellow', state);
}

/** A dash until the rate is calculated. */
function showRate(rate: number): string {
  return rate < 0 ? '–' : `${Number(rate.toFixed(1))} %`;
}

/** Width of paragraphs and headings in columns, that of a terminal at least; the tables are narrower. */
const width = 80;

function heading(title: string, place: string): string {
  const rule = '─'.repeat(Math.max(0, width - title.length - place.length - 2));
  return `${paint('bold', title)} ${place} ${paint('dim', rule)}`;
}

/** Colours standard output, unless it is not a terminal or `NO_COLOR` is set. */
function paint(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/** Breaks a paragraph into lines of at most {@link width} columns. */
function wrap(paragraph: string): string {
  return paragraph.replaceAll(new RegExp(`(?=\\S)(.{1,${width}})(?: |$)`, 'g'), '$1\n').trimEnd();
}
