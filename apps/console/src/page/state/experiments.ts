/** One way to set a circuit breaker up, and what comes of it. Its numbers are in account's `resilience-demo.yml`. */
export interface Experiment {
  /** Of the experiment and of its circuit breaker, which nothing else uses. */
  readonly name: string;
  readonly title: string;
  readonly setup: string;
  readonly lesson: string;
}

/** The five experiments of the demo, with a customer that takes 2 s. */
export const experiments: readonly Experiment[] = [
  {
    name: 'count-slow',
    title: 'Slow calls count',
    setup: 'A window of the last 10 calls. It opens when 70 % of them fail, or when 70 % take more than 1 s.',
    lesson: 'Nothing fails, and yet it opens after call 10: ten answers of 2 s are a slow-call rate of 100 %.',
  },
  {
    name: 'count-failures-only',
    title: 'Only failures count',
    setup: 'The same without a word about slow calls.',
    lesson: 'A slow dependency is not seen: the failure rate is 0 %, it stays closed, and every caller waits 2 s.',
  },
  {
    name: 'count-minimum-above-window',
    title: 'A minimum above the window',
    setup: 'As the first, with minimumNumberOfCalls 100 above the window of 10 calls.',
    lesson: 'The minimum is cut to the window, as in Resilience4j: it opens after call 10 all the same.',
  },
  {
    name: 'time-minimum-5',
    title: 'Ten seconds, at least 5 calls',
    setup: 'A window of the last 10 seconds and a minimum of 5 calls.',
    lesson: 'The fifth call of 2 s ends while the first is still within the 10 seconds: it opens.',
  },
  {
    name: 'time-minimum-6',
    title: 'Ten seconds, at least 6 calls',
    setup: 'The same with a minimum of 6 calls.',
    lesson:
      'Calls of 2 s in a row never put six into 10 seconds: no rate is ever worked out, and nothing opens. A minimum ' +
      'above the traffic turns a breaker off without telling anybody.',
  },
];

export const experimentNames: ReadonlySet<string> = new Set(experiments.map(({ name }) => name));

/** A call of an experiment, as account tells it. */
export interface ExperimentCall {
  readonly n: number;
  readonly outcome: 'answered' | 'slow' | 'not-permitted' | 'failed';
  readonly durationMs: number;
  readonly state: string;
  readonly failureRate: number;
  readonly slowCallRate: number;
}

/** An experiment under way, or over. */
export interface Run {
  readonly status: 'running' | 'done' | 'failed';
  readonly replica: string;
  readonly calls: readonly ExperimentCall[];
  /** Why it failed. */
  readonly problem: string;
}

export const newRun: Run = { status: 'running', replica: '', calls: [], problem: '' };

/** The run after a line of its story. */
export function withLine(run: Run, line: string): Run {
  const message = JSON.parse(line) as { readonly type: string; readonly instance?: string };
  if (message.type === 'start') return { ...run, replica: message.instance ?? '' };
  if (message.type === 'call') return { ...run, calls: [...run.calls, message as unknown as ExperimentCall] };
  return { ...run, status: 'done' };
}
