/** A bug that the exploration must find although the unit tests of the file pass with it. */
export interface PlantedBug {
  readonly name: string;
  /** Relative to `src/core`. */
  readonly file: string;
  /** The unit tests of the file, relative to `src/core`. */
  readonly tests: string;
  /** The text to replace, which the file contains exactly once. */
  readonly find: string;
  readonly replace: string;
}

const breakerTests = 'circuit-breaker/circuit-breaker.spec.ts';
const statesTests = 'circuit-breaker/circuit-breaker.states.spec.ts';
const slowTests = 'circuit-breaker/slow-calls-in-flight.spec.ts';
const poolTests = 'endpoint-pool/endpoint-pool.spec.ts';

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'circuit breaker: a trial call of an earlier HALF_OPEN decides a later one',
    file: 'circuit-breaker/circuit-breaker.ts',
    tests: breakerTests,
    find: 'return started === undefined || started.issuer === state ? state : undefined;',
    replace: `return started === undefined || started.issuer === state ||
      (state.name === 'HALF_OPEN' && started.issuer.name === 'HALF_OPEN') ? state : undefined;`,
  },
  {
    name: 'circuit breaker: a call that became slow in an earlier state is recorded by the current one',
    file: 'circuit-breaker/circuit-breaker.ts',
    tests: breakerTests,
    find: 'if (call.issuer === this.#machine.state && !call.isPassedOver()) call.markFailed = call.issuer.recordSlow();',
    replace: 'if (!call.isPassedOver()) call.markFailed = this.#machine.state.recordSlow();',
  },
  {
    name: 'circuit breaker: of two aborted trial calls only one returns its permit',
    file: 'circuit-breaker/circuit-breaker.states.ts',
    tests: statesTests,
    find: 'this.#permits++;',
    replace: 'if (this.#permits === 0) this.#permits++;',
  },
  {
    name: 'circuit breaker: HALF_OPEN decides after the first result',
    file: 'circuit-breaker/circuit-breaker.states.ts',
    tests: statesTests,
    find: 'if (this.metrics.rates().failureRate < 0) return;',
    replace: 'if (this.metrics.rates().failureRate < 0 && this.#permits > 0) return;',
  },
  {
    name: 'circuit breaker: the end of one call hides the others from the abort',
    file: 'circuit-breaker/in-flight-calls.ts',
    tests: slowTests,
    find: 'this.#controllers.delete(controller);',
    replace: 'this.#controllers.clear();',
  },
  {
    name: 'bulkhead: a release admits a queued call only while no other is running',
    file: 'bulkhead/bulkhead.ts',
    tests: 'bulkhead/bulkhead.spec.ts',
    find: `      this.#freePermits--;
      queued.admit();
    }`,
    replace: `      this.#freePermits--;
      queued.admit();
      return;
    }`,
  },
  {
    name: 'bulkhead: when the last call of the queue aborts, its permit is free although it had none',
    file: 'bulkhead/bulkhead.ts',
    tests: 'bulkhead/bulkhead.spec.ts',
    find: `      reject(signal?.reason);
    };`,
    replace: `      if (this.#queue.size === 1) this.#freePermits++;
      reject(signal?.reason);
    };`,
  },
  {
    name: 'rate limiter: several periods pay off as much debt as one',
    file: 'rate-limiter/permission-ledger.ts',
    tests: 'rate-limiter/rate-limiter.spec.ts',
    find: 'this.#available + (cycle - this.#cycle) * this.limitForPeriod;',
    replace: 'this.#available + (this.#available < 0 ? 1 : cycle - this.#cycle) * this.limitForPeriod;',
  },
  {
    name: 'retry budget: each failed attempt deposits like a call',
    file: 'retry/retry.context.ts',
    tests: 'retry/retry.spec.ts',
    find: `    this.#lastError = error;
    this.#failedAttempts++;`,
    replace: `    this.#lastError = error;
    if (this.#failedAttempts++ > 0) this.#owner.budget?.deposit();`,
  },
  {
    name: 'retry budget: half a retry is enough',
    file: 'retry/retry-budget.ts',
    tests: 'retry/retry-budget.spec.ts',
    find: 'if (this.#exactBalance() < 1) return false;',
    replace: 'if (Math.round(this.#exactBalance()) < 1) return false;',
  },
  {
    name: 'endpoint pool: an aborted trial blocks all further ones',
    file: 'endpoint-pool/endpoint-set.ts',
    tests: poolTests,
    find: 'if (isTrial) evidence.trialsInFlight--;',
    replace: "if (isTrial && outcome !== 'ignored') evidence.trialsInFlight--;",
  },
  {
    name: 'endpoint pool: the last endpoint is ejected during the trial of another',
    file: 'endpoint-pool/endpoint-set.ts',
    tests: poolTests,
    find: 'sum + (endpoint.isInService ? 0 : 1)',
    replace: "sum + (endpoint.state === 'EJECTED' ? 1 : 0)",
  },
];

/** @throws Error when the file has changed, so that the bug cannot be planted any more */
export function plant({ name, find, replace }: PlantedBug, source: string): string {
  const parts = source.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(
    `The planted bug '${name}' needs a new text to replace: the file contains it ${parts.length - 1} times.`,
  );
}
