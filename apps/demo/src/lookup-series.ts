import { SystemFailure } from '@breakwater/system-runner';
import {
  type Experiment,
  type ExperimentCall,
  lookupsPerExperiment,
  type LookupSeries,
  parseLookupEvent,
  readJsonLines,
} from '@breakwater/contracts/experiments';
import { reasonOf } from './target.ts';

/** Which lookups an account service makes. */
export interface LookupRequest {
  /** Base URL of the gateway. */
  readonly gatewayUrl: string;
  /** Name of the circuit breaker that the lookups go through. */
  readonly breaker: string;
  /** Number of sequential lookups. */
  readonly times: number;
  /** Whether to reset the breaker first. Default: false. */
  readonly reset?: boolean;
  readonly signal: AbortSignal;
  /** Called with each call as soon as it has ended. */
  readonly onCall?: (call: ExperimentCall) => void;
}

/** A stream without a line for this long is considered broken: the slowest lookup takes 2 s. */
const silenceTimeoutMs = 20_000;

/**
 * Has one account service, chosen by the gateway, look up a customer repeatedly.
 *
 * @throws SystemFailure when the service refuses, or its response is incomplete
 */
export async function requestLookups({
  gatewayUrl,
  breaker,
  times,
  reset = false,
  signal,
  onCall,
}: LookupRequest): Promise<LookupSeries> {
  const silence = new AbortController();
  const timer = setTimeout(
    () => silence.abort(failure(`sent nothing for ${silenceTimeoutMs / 1_000} s`)),
    silenceTimeoutMs,
  );

  function failure(happened: string): SystemFailure {
    return new SystemFailure(
      `The account service that should make ${times} lookups through ${breaker} ${happened}`,
      'See the logs of the account services and of the gateway.',
    );
  }

  try {
    const response = await fetch(`${gatewayUrl}/experiments/customer-lookups`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
      body: JSON.stringify({ times, breaker, reset }),
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || response.body === null) {
      throw failure(`answered ${response.status}: ${(await response.text()).slice(0, 200)}`);
    }

    let series: Omit<LookupSeries, 'calls'> | undefined;
    const calls: ExperimentCall[] = [];
    for await (const line of readJsonLines(response.body)) {
      timer.refresh();
      const { type, ...event } = parseLookupEvent(line);
      if ('config' in event) {
        series = event;
      } else if ('n' in event) {
        calls.push(event);
        onCall?.(event);
      } else if (type === 'end' && series !== undefined) {
        return { ...series, calls };
      }
    }
    throw failure(`closed the stream after ${calls.length}`);
  } catch (error) {
    signal.throwIfAborted();
    if (silence.signal.aborted) throw silence.signal.reason;
    if (error instanceof SystemFailure) throw error;
    throw failure(`could not be reached or sent an invalid response: ${reasonOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** The result of a series. */
export function summarize(calls: readonly ExperimentCall[]) {
  return {
    /** Null when it never opened. */
    openedAfterCall: calls.find(({ state }) => state === 'OPEN')?.n ?? null,
    notPermitted: calls.filter(({ outcome }) => outcome === 'not-permitted').length,
    finalState: calls.at(-1)?.state ?? null,
  };
}

/** Lists the differences between an experiment's expected and actual result: a sentence each. */
export function experimentDeviations(
  { name, expectation }: Experiment,
  { breaker, calls }: LookupSeries,
): readonly string[] {
  const { openedAfterCall, notPermitted, finalState } = summarize(calls);
  const deviations: string[] = [];
  const compare = (what: string, expected: unknown, actual: unknown): void => {
    if (expected !== actual) deviations.push(`${name}: ${what} should be ${String(expected)}, was ${String(actual)}`);
  };

  compare('the breaker', name, breaker);
  compare('the number of calls', lookupsPerExperiment, calls.length);
  compare('the call after which it opened', expectation.openedAfterCall ?? 'none', openedAfterCall ?? 'none');
  compare('the number of calls not permitted', expectation.notPermitted, notPermitted);
  compare('the final state', expectation.finalState, finalState);

  for (const { n, outcome } of calls) {
    if (outcome !== 'not-permitted') compare(`call ${n}`, expectation.permittedOutcome, outcome);
  }

  const isEvaluated = calls.some(({ failureRate, slowCallRate }) => failureRate >= 0 || slowCallRate >= 0);
  const describe = (evaluated: boolean): string => (evaluated ? 'made' : 'never made');
  compare('an evaluation of its rates', describe(expectation.evaluated), describe(isEvaluated));
  return deviations;
}
