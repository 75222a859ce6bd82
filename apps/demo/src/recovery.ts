import { pause } from '@breakwater/system-runner';
import type { BreakerState, ExperimentCall, LookupSeries } from '@breakwater/contracts/experiments';
import { requestLookups } from './lookup-series.ts';
import { setCustomerLatency, type ExperimentTarget } from './target.ts';

/** How a circuit breaker closed after its dependency had recovered. */
export interface Recovery {
  readonly breaker: string;
  readonly instance: string;
  /** Whether every customer service accepted the change back to fast responses. */
  readonly healed: boolean;
  readonly calls: readonly ExperimentCall[];
  readonly transitions: readonly string[];
  readonly finalState: BreakerState;
  /** Whether the breaker went from OPEN through HALF_OPEN to CLOSED. */
  readonly recovered: boolean;
}

export interface RecoveryRequest {
  readonly target: ExperimentTarget;
  /** The experiment that left its breaker OPEN. */
  readonly opened: LookupSeries;
  readonly signal: AbortSignal;
  readonly onCall?: (call: ExperimentCall) => void;
}

/** More than twice `waitDurationInOpenState`. */
const recoveryTimeoutMs = 30_000;
/** The pause after a call that the breaker refused. */
const refusedPauseMs = 500;

const expectedTransitions = ['OPEN->HALF_OPEN', 'HALF_OPEN->CLOSED'].join(', ');

/**
 * Makes the customer services fast again and calls them through the gateway until the breaker is CLOSED. The gateway
 * sends some requests to the other account instance; those are not counted, because its breaker is a different one.
 */
export async function recover({ target, opened, signal, onCall }: RecoveryRequest): Promise<Recovery> {
  await setCustomerLatency(target, '0ms', signal);

  const { breaker, instance } = opened;
  const calls: ExperimentCall[] = [];
  let finalState = opened.calls.at(-1)?.state ?? 'CLOSED';
  const deadline = performance.now() + recoveryTimeoutMs;
  while (finalState !== 'CLOSED' && performance.now() < deadline) {
    const series = await requestLookups({ gatewayUrl: target.gatewayUrl, breaker, times: 1, signal });
    const [call] = series.calls;
    if (series.instance !== instance || call === undefined) continue;
    const numbered = { ...call, n: calls.length + 1 };
    calls.push(numbered);
    onCall?.(numbered);
    finalState = call.state;
    if (call.outcome === 'not-permitted') await pause(refusedPauseMs, signal);
  }

  const transitions = calls.flatMap((call) => call.transitions);
  const recovered = transitions.join(', ') === expectedTransitions && finalState === 'CLOSED';
  return { breaker, instance, healed: true, calls, transitions, finalState, recovered };
}

/** Lists the differences between the expected and the actual recovery: a sentence each. */
export function recoveryDeviations({ breaker, instance, finalState, transitions }: Recovery): readonly string[] {
  const actual = transitions.join(', ') || 'none';
  if (actual === expectedTransitions) return [];
  return [
    `recovery: the transitions of ${breaker} on ${instance} should be ${expectedTransitions}, were ${actual}; ` +
      `its state is ${finalState}`,
  ];
}
