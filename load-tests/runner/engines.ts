/**
 * What account's circuit breakers for customer run on, and what else of account's policies remains. All but the first are compared
 * with it.
 */
export const engines = [
  /** Account as configured. */
  'sliding-window',
  /** The circuit breaker of another library, and account's other policies. */
  'opossum',
  'cockatiel',
  /** Account's other policies without a circuit breaker. */
  'disabled',
  /** Another library with its own timeout and its own limit of concurrent calls, as its documentation advises. */
  'opossum-tuned',
  'cockatiel-tuned',
  /** Account without protection. */
  'none',
] as const;

export type Engine = (typeof engines)[number];

/** Engines next to each other. The first is ours. */
export interface EngineTable {
  readonly title: string;
  /** What differs between the columns, and what does not. */
  readonly explanation: string;
  readonly engines: readonly Engine[];
}

/** The tables of a comparison. */
export const engineTables: readonly EngineTable[] = [
  {
    title: 'The circuit breaker alone differs',
    explanation:
      'Time limiter, bulkhead, retry, stale values and endpoint pool are those of account. Each circuit breaker has the ' +
      'limits of account as far as it knows them: half of ten calls failed (opossum: of those of ten seconds), ten seconds in ' +
      'OPEN, three trial calls (opossum: one). Neither opossum nor cockatiel counts slow calls, so only the time limit of three ' +
      'seconds opens them. While cockatiel makes its trial calls, further calls wait for their result, and then may be ' +
      'trial calls themselves. `disabled` has no circuit breaker. A request that waits for the slow response is verified; one ' +
      'that is refused before gets a last good value.',
    engines: ['sliding-window', 'opossum', 'cockatiel', 'disabled'],
  },
  {
    title: 'Each library tuned as its documentation advises',
    explanation:
      'opossum and cockatiel limit time and concurrent calls themselves, instead of the time limiter and the bulkhead of ' +
      'account: a timeout of one second, which is what account counts as slow, and 30 calls at a time; both count as ' +
      'failures, as is their default. opossum: `timeout`, `capacity`, no `coalesce`, and its window as above. cockatiel: `wrap` of a ' +
      'circuit breaker that opens after five failures in a row, an aggressive timeout and a bulkhead. Their timeout ends a ' +
      'call after one second; account lets the calls go on until the circuit breaker opens. Retry, stale values and ' +
      'endpoint pool remain those of account. `none` is account without protection.',
    engines: ['sliding-window', 'opossum-tuned', 'cockatiel-tuned', 'none'],
  },
];
