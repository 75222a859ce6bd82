import { InvalidOptionsError } from '../errors.ts';
import type { CircuitBreakerEngine, CircuitBreakerEngines } from './circuit-breaker.contract.ts';
import type { CircuitBreakerEngineName, CircuitBreakerOptions } from './circuit-breaker.options.ts';

/** What has to be done before instances can choose an engine, as the end of a sentence. */
const howToRegister: Readonly<Record<Exclude<CircuitBreakerEngineName, 'sliding-window'>, string>> = {
  opossum:
    'opossum once the package opossum is installed and the registry was given { engines: { opossum: opossumEngine } }, ' +
    "with opossumEngine from '@breakwater/resilience/opossum'",
};

/**
 * The registered engine that options ask for; `undefined` for the sliding window. A name that is no engine's is left to
 * the check of the options.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError when the engine is not registered
 */
export function chosenEngine(
  subject: string,
  { engine }: CircuitBreakerOptions,
  engines: CircuitBreakerEngines,
): CircuitBreakerEngine | undefined {
  if (engine === undefined || engine === 'sliding-window' || !Object.hasOwn(howToRegister, engine)) return undefined;
  const registered = engines[engine];
  if (registered !== undefined) return registered;
  const given = `'${engine}', which is not registered here`;
  const allowed = `sliding-window, or ${howToRegister[engine]}`;
  throw new InvalidOptionsError(subject, [{ option: 'engine', given, allowed }]);
}
