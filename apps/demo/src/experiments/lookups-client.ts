import { SystemFailure } from '@breakwater/system-runner';
import { type Call, type LookupSeries, readMessage } from './lookups.ts';
import { readJsonLines } from './ndjson.ts';

/** What to ask an account service for. */
export interface LookupRequest {
  /** Base URL of the gateway. */
  readonly gatewayUrl: string;
  /** Name of the circuit breaker that the lookups go through. */
  readonly breaker: string;
  /** How many lookups, one after the other. */
  readonly times: number;
  /** Whether the breaker is to begin anew. Default: it goes on as it is. */
  readonly reset?: boolean;
  readonly signal: AbortSignal;
  /** Called with each result as it comes. */
  readonly onCall?: (call: Call) => void;
}

/** A stream that is silent for so long has been forgotten: the slowest lookup takes 2 s. */
const silenceLimitMs = 20_000;

/**
 * Has an account service, whichever the gateway chooses, look a customer up again and again.
 *
 * @throws SystemFailure when the service refuses, or its answer is not complete
 */
export async function lookUp({
  gatewayUrl,
  breaker,
  times,
  reset = false,
  signal,
  onCall,
}: LookupRequest): Promise<LookupSeries> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(failure(`was silent for ${silenceLimitMs / 1_000} s`)), silenceLimitMs);

  function failure(happened: string): SystemFailure {
    return new SystemFailure(
      `The account service, asked for ${times} lookups through ${breaker}, ${happened}`,
      'See the logs of the account services and of the gateway.',
    );
  }

  try {
    const answer = await fetch(`${gatewayUrl}/experiments/customer-lookups`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
      body: JSON.stringify({ times, breaker, reset }),
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!answer.ok || answer.body === null) {
      throw failure(`answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
    }

    let series: Omit<LookupSeries, 'calls'> | undefined;
    const calls: Call[] = [];
    for await (const line of readJsonLines(answer.body)) {
      timer.refresh();
      const message = readMessage(line);
      if (message.type === 'start') {
        const { instance, config } = message;
        series = { instance, breaker: message.breaker, config };
      } else if (message.type === 'call') {
        calls.push(message.call);
        onCall?.(message.call);
      } else if (series !== undefined) {
        return { ...series, calls };
      }
    }
    throw failure(`broke off after ${calls.length}`);
  } catch (error) {
    signal.throwIfAborted();
    if (silence.signal.aborted) throw silence.signal.reason;
    if (error instanceof SystemFailure) throw error;
    throw failure(`could not be understood or reached: ${reasonOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** `fetch` says only that it failed; why, says its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
