import type { CircuitBreakerEngines } from '@breakwater/resilience';
import { cockatiel, tunedCockatiel } from './cockatiel.ts';
import { engineOn } from './compared-circuit-breaker.ts';
import { tunedOpossum } from './opossum.ts';

/** What circuit breakers can run on for the comparisons of the load tests, in addition to account's engines. */
export const comparedEngines: CircuitBreakerEngines = Object.fromEntries(
  [cockatiel, tunedCockatiel, tunedOpossum].map((library) => [library.name, engineOn(library)]),
);
