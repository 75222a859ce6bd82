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
    name: 'circuit breaker: an ignored trial call that was recorded as slow returns its permit',
    file: 'circuit-breaker/circuit-breaker.ts',
    tests: breakerTests,
    find: 'if (ended.started?.watched?.markFailed === undefined) this.#recorderOf(ended)?.releasePermission();',
    replace: 'this.#recorderOf(ended)?.releasePermission();',
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
    name: 'circuit breaker: only the oldest slow call is recorded when several become slow at once',
    file: 'circuit-breaker/in-flight-calls.ts',
    tests: slowTests,
    find: `      this.#onSlow(call);
    }`,
    replace: `      this.#onSlow(call);
      if (call.issuer.name === 'HALF_OPEN') break;
    }`,
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
    name: 'bulkhead: a lower maximum forgets the permits in use',
    file: 'bulkhead/bulkhead.ts',
    tests: 'bulkhead/bulkhead.spec.ts',
    find: 'this.#freePermits += config.maxConcurrentCalls - this.#config.maxConcurrentCalls;',
    replace: `this.#freePermits = Math.max(
      -1, this.#freePermits + config.maxConcurrentCalls - this.#config.maxConcurrentCalls);`,
  },
  {
    name: 'bulkhead: an aborted call leaves its timer behind',
    file: 'bulkhead/bulkhead.ts',
    tests: 'bulkhead/bulkhead.spec.ts',
    find: `    const onAbort = (): void => {
      leaveQueue();`,
    replace: `    const onAbort = (): void => {
      this.#queue.delete(queued);`,
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
    name: 'rate limiter: a call that aborts in its wait counts as waiting for ever',
    file: 'rate-limiter/rate-limiter.ts',
    tests: 'rate-limiter/rate-limiter.spec.ts',
    find: `      signal?.throwIfAborted();
    } catch (abortReason) {`,
    replace: `      signal?.throwIfAborted();
      this.#waiting--;
    } catch (abortReason) {`,
  },
  {
    name: 'rate limiter: the second waiting call of a period gets the next one',
    file: 'rate-limiter/permission-ledger.ts',
    tests: 'rate-limiter/rate-limiter.spec.ts',
    find: '(permits - available - 1) / this.limitForPeriod',
    replace: '(permits - available - (available < 0 ? 0 : 1)) / this.limitForPeriod',
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
    name: 'retry budget: the last attempt withdraws a retry that is never made',
    file: 'retry/retry.context.ts',
    tests: 'retry/retry.spec.ts',
    find: 'if (this.#failedAttempts >= config.maxAttempts) {',
    replace: `if (this.#failedAttempts >= config.maxAttempts) {
      this.#owner.budget?.tryWithdraw();`,
  },
  {
    name: 'retry budget: half a retry is enough',
    file: 'retry/retry-budget.ts',
    tests: 'retry/retry-budget.spec.ts',
    find: 'if (this.#exactBalance() < 1) return false;',
    replace: 'if (Math.round(this.#exactBalance()) < 1) return false;',
  },
  {
    name: 'endpoint pool: a call of an earlier ejection decides after the endpoint is restored',
    file: 'endpoint-pool/endpoint-set.ts',
    tests: poolTests,
    find: `    // The endpoint has been ejected since the call started, which this call must not repeat.
    if (endpoint.evidence !== evidence) return;`,
    replace: `    if (endpoint.evidence !== evidence) {
      if (!endpoint.isInService || outcome === 'ignored') return;
      endpoint.evidence.record(outcome, false);
      return this.#judge(endpoint, isTrial, 'failed', now);
    }`,
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
  {
    name: 'endpoint pool: a call of the panic decides a trial',
    file: 'endpoint-pool/endpoint-set.ts',
    tests: poolTests,
    find: 'if (!isTrial) return;',
    replace: '',
  },
  {
    name: 'endpoint pool: a call that ends hides the later ones from the slow-call timer',
    file: 'endpoint-pool/in-flight-calls.ts',
    tests: poolTests,
    find: 'if (this.#oldestFast === call) this.#oldestFast = next;',
    replace: 'if (this.#oldestFast === call) this.#oldestFast = undefined;',
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
