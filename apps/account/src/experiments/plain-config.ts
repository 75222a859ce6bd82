import type { CircuitBreakerConfig } from '@breakwater/resilience';

/** A circuit breaker's options as JSON can tell them: classes by their names, functions not at all. */
export type PlainConfig = Readonly<Record<string, number | string | boolean | readonly string[]>>;

export function toPlainConfig(config: CircuitBreakerConfig): PlainConfig {
  const plain: Record<string, number | string | boolean | readonly string[]> = {};
  for (const [option, value] of Object.entries<unknown>({ ...config })) {
    if (Array.isArray(value))
      plain[option] = value.map((entry) => (typeof entry === 'function' ? entry.name : String(entry)));
    else if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
      plain[option] = value;
  }
  return plain;
}
