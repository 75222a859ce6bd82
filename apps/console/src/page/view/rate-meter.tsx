import { percent } from '../state/wording.ts';

interface Props {
  readonly label: string;
  /** Percent; -1 while there are too few calls to tell. */
  readonly rate: number;
  readonly threshold: number;
}

/** A rate against the threshold that opens the circuit breaker. */
export function RateMeter({ label, rate, threshold }: Props) {
  const isReached = rate >= threshold;
  return (
    <div class="meter">
      <span class="meter-label">{label}</span>
      <div class="meter-track" aria-hidden="true">
        <div class={isReached ? 'meter-fill is-reached' : 'meter-fill'} style={{ width: `${Math.max(0, rate)}%` }} />
        <div class="meter-mark" style={{ left: `${Math.min(threshold, 100)}%` }} />
      </div>
      <span class="meter-value">
        <b>{percent(rate)}</b> <span class="hint">opens at {percent(threshold)}</span>
      </span>
    </div>
  );
}
