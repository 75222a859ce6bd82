import type { BreakerState } from './lookups.ts';

/** How many lookups each experiment makes. */
export const lookupsPerExperiment = 20;

/** What has to come out. */
export interface Expectation {
  /** After which call the breaker opens; null when it never does. */
  readonly openedAfterCall: number | null;
  readonly notPermitted: number;
  readonly finalState: BreakerState;
  /** What a call that was let through counts as, with a customer that takes 2 s. */
  readonly permittedOutcome: 'answered' | 'slow';
  /** Whether the rates are ever worked out. */
  readonly evaluated: boolean;
}

/** One way to set a circuit breaker up, and what comes of it. */
export interface Experiment {
  /** Of the experiment and of its circuit breaker, which nothing else uses. */
  readonly name: string;
  /** What is tried. */
  readonly setup: string;
  readonly expectation: Expectation;
  /** What the reader should learn. */
  readonly lesson: string;
}

/** The five experiments, in the order of their report. Their numbers are in `apps/account/resilience-demo.yml`. */
export const experiments: readonly Experiment[] = [
  {
    name: 'count-slow',
    setup: 'A window of the last 10 calls. The breaker opens when 70 % of them fail, or when 70 % take more than 1 s.',
    expectation: {
      openedAfterCall: 10,
      notPermitted: 10,
      finalState: 'OPEN',
      permittedOutcome: 'slow',
      evaluated: true,
    },
    lesson:
      'Nothing failed, and yet the breaker opened: ten answers of 2 s are a slow-call rate of 100 %. The other ten ' +
      'callers had their fallback at once instead of waiting 2 s for the same.',
  },
  {
    name: 'count-failures-only',
    setup: 'The same without a word about slow calls.',
    expectation: {
      openedAfterCall: null,
      notPermitted: 0,
      finalState: 'CLOSED',
      permittedOutcome: 'answered',
      evaluated: true,
    },
    lesson:
      'A breaker that only counts failures does not see a slow dependency: the failure rate is 0 %, and all 20 ' +
      'callers waited 2 s. Say what slow means, or it is not protected against.',
  },
  {
    name: 'count-minimum-above-window',
    setup: 'As the first, but with minimumNumberOfCalls 100 above the window of 10 calls.',
    expectation: {
      openedAfterCall: 10,
      notPermitted: 10,
      finalState: 'OPEN',
      permittedOutcome: 'slow',
      evaluated: true,
    },
    lesson:
      'A window of 10 calls never holds 100, and a breaker that waits for them would never open. So the minimum is ' +
      'cut to the size of the window, as in Resilience4j: it opened after call 10 all the same.',
  },
  {
    name: 'time-minimum-5',
    setup: 'A window of the last 10 seconds and a minimum of 5 calls, slow and failed as in the first.',
    expectation: {
      openedAfterCall: 5,
      notPermitted: 15,
      finalState: 'OPEN',
      permittedOutcome: 'slow',
      evaluated: true,
    },
    lesson:
      'A window of time counts what happened lately: the fifth call of 2 s ends while the first is still within ' +
      'the 10 seconds, the minimum is met, and the breaker opens.',
  },
  {
    name: 'time-minimum-6',
    setup: 'The same with a minimum of 6 calls.',
    expectation: {
      openedAfterCall: null,
      notPermitted: 0,
      finalState: 'CLOSED',
      permittedOutcome: 'slow',
      evaluated: false,
    },
    lesson:
      'Calls of 2 s, one after the other, never put six into 10 seconds, so the rates are never worked out (–) and ' +
      'nothing ever opens. A minimum above what the traffic can reach turns a breaker off without telling anybody.',
  },
];
