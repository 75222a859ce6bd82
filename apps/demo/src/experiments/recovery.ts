import { pause } from '@breakwater/system-runner';
import type { BreakerState, Call, LookupSeries } from './lookups.ts';
import { lookUp } from './lookups-client.ts';
import { setCustomerLatency, type Target } from './target.ts';

/** How a circuit breaker came back after its dependency did. */
export interface Recovery {
  readonly breaker: string;
  readonly instance: string;
  /** Whether every customer service took the order to be fast again. */
  readonly healed: boolean;
  readonly calls: readonly Call[];
  readonly transitions: readonly string[];
  readonly finalState: BreakerState;
  /** Whether it went OPEN, HALF_OPEN, CLOSED. */
  readonly recovered: boolean;
}

/** What to heal, and what to watch come back. */
export interface RecoveryRequest {
  readonly target: Target;
  /** The experiment that left a breaker open. */
  readonly opened: LookupSeries;
  readonly signal: AbortSignal;
  readonly onCall?: (call: Call) => void;
}

/** Twice the wait in OPEN and some: whoever is not back by then will not come back. */
const patienceMs = 30_000;
/** How long to wait after a call that the breaker still refused. */
const refusedPauseMs = 500;

/**
 * Makes the customer services fast again, then asks through the gateway until the breaker is CLOSED. The gateway
 * balances, so some requests reach the other instance, whose breaker is another one: they are not counted.
 */
export async function recover(request: RecoveryRequest): Promise<Recovery> {
  const { target, opened, signal, onCall } = request;
  await setCustomerLatency(target, '0ms', signal);

  const { breaker, instance } = opened;
  const calls: Call[] = [];
  let finalState = opened.calls.at(-1)?.state ?? 'CLOSED';
  const deadline = performance.now() + patienceMs;
  while (finalState !== 'CLOSED' && performance.now() < deadline) {
    const series = await lookUp({ gatewayUrl: target.gatewayUrl, breaker, times: 1, signal });
    const call = series.calls[0];
    if (series.instance !== instance || call === undefined) continue;
    const numbered = { ...call, n: calls.length + 1 };
    calls.push(numbered);
    onCall?.(numbered);
    finalState = call.state;
    if (call.outcome === 'not-permitted') await pause(refusedPauseMs, signal);
  }

  const transitions = calls.flatMap((call) => call.transitions);
  const recovered = transitions.join(' ') === 'OPEN->HALF_OPEN HALF_OPEN->CLOSED' && finalState === 'CLOSED';
  return { breaker, instance, healed: true, calls, transitions, finalState, recovered };
}
