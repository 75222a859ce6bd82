import type { StateName } from '@breakwater/resilience/actuator';
import type { Breaker } from '../protocol/messages.ts';
import { CallWindow } from './call-window.tsx';
import { duration, percent, stateLabels, stateMeanings } from './format.ts';

interface Props {
  readonly replica: string;
  /** Why the replica is unreachable; `null` when it is not. */
  readonly problem: string | null;
  readonly name: string;
  /** `undefined` while it is unknown. */
  readonly state: StateName | undefined;
  /** As of the last read: its state may be older than `state`. */
  readonly breaker: Breaker;
  readonly onUpdate: (updateState: UpdateState) => void;
}

/** The actuator's requests to change the state by hand, and the state that each leads to. */
export const updates = [
  { updateState: 'CLOSE', label: 'Close', to: 'CLOSED' },
  { updateState: 'FORCE_OPEN', label: 'Force open', to: 'FORCED_OPEN' },
  { updateState: 'DISABLE', label: 'Disable', to: 'DISABLED' },
] as const;

export type UpdateState = (typeof updates)[number]['updateState'];

/** The circuit breaker of one replica. */
export function BreakerCard({ replica, problem, name, state, breaker, onUpdate }: Props) {
  const { metrics, thresholds } = breaker;
  const label = `${name} on ${replica}`;
  const look = state ?? 'UNKNOWN';
  return (
    <article class={`card look-${look} ${problem === null ? '' : 'is-stale'}`} aria-label={label} data-state={look}>
      <i class={`card-strip fill-${look}`} />
      <div class="card-head">
        <h3>{replica}</h3>
        <span class="pill">{state === undefined ? 'Unknown' : stateLabels[state]}</span>
      </div>
      <p class="meaning">
        {problem !== null && `Unreachable: ${problem}. These are its last known calls.`}
        {problem === null && state !== undefined && <StateDetails state={state} breaker={breaker} />}
      </p>
      <CallWindow breaker={breaker} />
      <RateMeter label="Failed" rate={metrics.failureRate} threshold={thresholds.failureRate} />
      <RateMeter label="Slow" rate={metrics.slowCallRate} threshold={thresholds.slowCallRate} />
      <div class="card-foot">
        <span class="hint">
          {metrics.notPermittedCalls} rejected · slow from {duration(thresholds.slowCallDurationMs)} ·{' '}
          {thresholds.permittedNumberOfCallsInHalfOpenState} trial calls
        </span>
        <div class="buttons" role="group" aria-label={label}>
          {updates
            .filter(({ to }) => to !== state)
            .map(({ label: action, updateState }) => (
              <button key={updateState} type="button" class="quiet" onClick={() => onUpdate(updateState)}>
                {action}
              </button>
            ))}
        </div>
      </div>
    </article>
  );
}

/** What the state means for calls, and its progress when the last poll has seen this state. */
function StateDetails({ state, breaker }: { readonly state: StateName; readonly breaker: Breaker }) {
  const { remainingMs, admissionPercentage, metrics, thresholds } = breaker;
  if (breaker.state === state && state === 'OPEN' && remainingMs !== null) {
    return remainingMs > 0
      ? `calls are rejected; trial calls in ${duration(remainingMs)}`
      : 'the next call is a trial call';
  }
  if (breaker.state !== state || state !== 'HALF_OPEN') return stateMeanings[state];
  if (admissionPercentage === 0) {
    return `${metrics.bufferedCalls} of ${thresholds.permittedNumberOfCallsInHalfOpenState} trial calls have ended`;
  }
  return (
    <>
      ramp-up: {admissionPercentage} % of calls are permitted
      <progress max={100} value={admissionPercentage} aria-label="Share of permitted calls" />
    </>
  );
}

interface RateProps {
  readonly label: string;
  /** Percent; -1 while there are too few calls. */
  readonly rate: number;
  readonly threshold: number;
}

/** A rate and the threshold at which it opens the circuit breaker. */
function RateMeter({ label, rate, threshold }: RateProps) {
  return (
    <div class="meter">
      <span class="meter-label">{label}</span>
      <div class="meter-track" aria-hidden="true">
        <div
          class={rate >= threshold ? 'meter-fill fill-failed' : 'meter-fill'}
          style={{ width: `${Math.max(0, rate)}%` }}
        />
        <div class="meter-mark" style={{ left: `${Math.min(threshold, 100)}%` }} />
      </div>
      <span class="meter-value">
        <b>{percent(rate)}</b> <span class="hint">opens at {percent(threshold)}</span>
      </span>
    </div>
  );
}
