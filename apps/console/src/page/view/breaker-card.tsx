import type { Breaker } from '../../protocol/messages.ts';
import { duration, stateMeanings, stateWords } from '../state/wording.ts';
import { RateMeter } from './rate-meter.tsx';
import { WindowView } from './window-view.tsx';

interface Props {
  readonly replica: string;
  readonly problem: string | null;
  readonly name: string;
  readonly breaker: Breaker;
  readonly onForce: (updateState: 'FORCE_OPEN' | 'CLOSE' | 'DISABLE') => void;
}

/** Where a circuit breaker can be sent by hand. */
const ways = [
  { to: 'CLOSED', label: 'Close', updateState: 'CLOSE' },
  { to: 'FORCED_OPEN', label: 'Force open', updateState: 'FORCE_OPEN' },
  { to: 'DISABLED', label: 'Disable', updateState: 'DISABLE' },
] as const;

/** A circuit breaker on one replica. */
export function BreakerCard({ replica, problem, name, breaker, onForce }: Props) {
  const { state, metrics, thresholds } = breaker;
  return (
    <article
      class={`card state-${state} ${problem === null ? '' : 'is-stale'}`}
      aria-label={`${name} on ${replica}`}
      data-state={state}
    >
      <div class="card-head">
        <h3>{replica}</h3>
        <span class="pill">{stateWords[state]}</span>
      </div>
      <p class="meaning">{problem === null ? <Present breaker={breaker} /> : `Not reached: ${problem}`}</p>
      <WindowView breaker={breaker} />
      <RateMeter label="Failed" rate={metrics.failureRate} threshold={thresholds.failureRate} />
      <RateMeter label="Slow" rate={metrics.slowCallRate} threshold={thresholds.slowCallRate} />
      <div class="card-foot">
        <span class="hint">
          {metrics.notPermittedCalls} refused · slow from {duration(thresholds.slowCallDurationMs)} · trial of{' '}
          {thresholds.permittedNumberOfCallsInHalfOpenState}
        </span>
        <div class="buttons" role="group" aria-label={`${name} on ${replica}`}>
          {ways
            .filter(({ to }) => to !== state)
            .map(({ to, label, updateState }) => (
              <button key={to} type="button" class="quiet" onClick={() => onForce(updateState)}>
                {label}
              </button>
            ))}
        </div>
      </div>
    </article>
  );
}

/** What the state means right now: how long it lasts, how many calls are on trial, how far the way up has got. */
function Present({
  breaker: { state, remainingMs, admissionPercentage, metrics, thresholds },
}: {
  readonly breaker: Breaker;
}) {
  if (state === 'OPEN' && remainingMs !== null) {
    return (
      <>{remainingMs > 0 ? `calls are refused; on trial in ${duration(remainingMs)}` : 'the next call is on trial'}</>
    );
  }
  if (state === 'HALF_OPEN' && admissionPercentage > 0) {
    return (
      <>
        ramping up: {admissionPercentage} % of calls pass
        <progress max={100} value={admissionPercentage} aria-label="Share of calls that pass" />
      </>
    );
  }
  if (state === 'HALF_OPEN') {
    const { permittedNumberOfCallsInHalfOpenState: permitted } = thresholds;
    return (
      <>
        {metrics.bufferedCalls} of {permitted} calls on trial have ended
      </>
    );
  }
  return <>{stateMeanings[state]}</>;
}
