import { CachedFallback, CircuitBreaker, pipeline } from '@breakwater/resilience';

const circuitBreaker = new CircuitBreaker('rates', { slidingWindowSize: 10 });
const lastKnown = new CachedFallback('rates', { staleLimit: '10m' });

/** The rate, or the last one that was known if that is not older than ten minutes. */
export function rateOf(currency: string, ask: (currency: string) => Promise<number>): Promise<number> {
  return pipeline('rates', [lastKnown.withKey(currency), circuitBreaker]).execute(() => ask(currency));
}
