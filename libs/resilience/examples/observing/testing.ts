import { CircuitBreaker } from '@breakwater/resilience';
import { FakeClock } from '@breakwater/resilience/testing';

const clock = new FakeClock();
const options = { slidingWindowSize: 2, minimumNumberOfCalls: 2, waitDurationInOpenState: '5s' };

export const ledger = new CircuitBreaker('ledger', options, { clock });

/** Five seconds pass, and nobody waits for them. */
export function waitInOpenIsOver(): void {
  clock.advance(5_001);
}
