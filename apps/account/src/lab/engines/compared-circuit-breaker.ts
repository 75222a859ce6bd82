import {
  BasePolicy,
  BulkheadFullError,
  CallNotPermittedError,
  DeadlineExceededError,
  InvalidOptionsError,
  policies,
  RejectedError,
  TimeoutExceededError,
  UnsupportedByEngineError,
  type AnyCircuitBreaker,
  type CallContext,
  type CircuitBreakerConfig,
  type CircuitBreakerEngine,
  type CircuitBreakerMetrics,
  type CircuitBreakerOptions,
  type ProtectedCall,
} from '@breakwater/resilience';

/** Policies of another library around one dependency: a circuit breaker, and what is tuned together with it. */
export interface OtherPolicies {
  readonly state: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  /**
   * Makes the call, or refuses it with an error of the library.
   *
   * @param call rejects with {@link NoEvidence} when its failure must not count; its signal is aborted at the library's own timeout
   */
  execute<T>(call: (signal?: AbortSignal) => Promise<T>): Promise<T>;
  /** What an error of the library means; undefined for the error of a call. */
  meaningOf(error: unknown): 'not permitted' | 'timed out' | 'full' | undefined;
  dispose(): void;
}

/** How a library makes its policies. */
export interface OtherLibrary {
  readonly name: string;
  /** The options that the library has, too. Any other is refused. */
  readonly options: readonly (keyof CircuitBreakerOptions)[];
  /** The library's own limits, for its errors; undefined for a circuit breaker alone. */
  readonly tuning?: { readonly timeoutMs: number; readonly capacity: number };
  /** @param onTransition is called after each change of the state */
  create(config: CircuitBreakerConfig, onTransition: () => void): OtherPolicies;
}

/** The failure of a call that is no evidence against the dependency, such as a refusal, as it passes through the library. */
export class NoEvidence extends Error {
  constructor(failure: unknown) {
    super('The failure does not count.', { cause: failure });
  }
}

type Definition = Extract<(typeof policies)[number], { readonly kind: 'circuitBreaker' }>;
const definition = policies.find((each): each is Definition => each.kind === 'circuitBreaker')!;

/** Lets circuit breakers run on another library, for the comparisons of the load tests. */
export function engineOn(library: OtherLibrary): CircuitBreakerEngine {
  const resolve = (subject: string, options: CircuitBreakerOptions): CircuitBreakerConfig => {
    if (definition.options.isConfig(options)) return options;
    const faults = Object.entries(options)
      .filter(([option, value]) => value !== undefined && !isSupported(library, option))
      .map(([option, value]) => ({
        option,
        given: `${JSON.stringify(value)}, which the engine ${library.name} does not support`,
        allowed: 'to leave it out, or the engine sliding-window',
      }));
    if (faults.length > 0) throw new InvalidOptionsError(subject, faults);
    return definition.options.resolve(subject, options);
  };
  return {
    resolve,
    create: (name, options) => new ComparedCircuitBreaker(name, resolve(`CircuitBreaker '${name}'`, options), library),
  };
}

/** Options of all engines, which this adapter has itself. */
const ofAdapter = ['engine', 'eventConsumerBufferSize', 'writableStackTraceEnabled'];

const isSupported = ({ options }: OtherLibrary, option: string): boolean => [...ofAdapter, ...options].includes(option);

/**
 * A circuit breaker of another library in place of account's own. It counts the same failures as the sliding window does, and
 * has the same events; the library does not show its window.
 */
class ComparedCircuitBreaker
  extends BasePolicy<CircuitBreakerEvents, 'circuitBreakerName'>
  implements AnyCircuitBreaker
{
  readonly tryAcquirePermission = (): never => this.#unsupported('tryAcquirePermission');
  readonly acquirePermission = (): never => this.#unsupported('acquirePermission');
  readonly releasePermission = (): never => this.#unsupported('releasePermission');
  readonly onSuccess = (): never => this.#unsupported('onSuccess');
  readonly onError = (): never => this.#unsupported('onError');
  readonly onResult = (): never => this.#unsupported('onResult');
  readonly transitionToClosedState = (): never => this.#unsupported('transitionToClosedState');
  readonly transitionToOpenState = (): never => this.#unsupported('transitionToOpenState');
  readonly transitionToOpenStateFor = (): never => this.#unsupported('transitionToOpenStateFor');
  readonly transitionToOpenStateUntil = (): never => this.#unsupported('transitionToOpenStateUntil');
  readonly transitionToHalfOpenState = (): never => this.#unsupported('transitionToHalfOpenState');
  readonly transitionToForcedOpenState = (): never => this.#unsupported('transitionToForcedOpenState');
  readonly transitionToDisabledState = (): never => this.#unsupported('transitionToDisabledState');
  readonly transitionToMetricsOnlyState = (): never => this.#unsupported('transitionToMetricsOnlyState');
  readonly reset = (): never => this.#unsupported('reset');
  readonly reconfigure = (): never => this.#unsupported('reconfigure');

  readonly config: CircuitBreakerConfig;
  readonly #library: OtherLibrary;
  readonly #policies: OtherPolicies;
  #emittedState: OtherPolicies['state'] = 'CLOSED';
  #openedAt = 0;
  #notPermittedCalls = 0;

  constructor(name: string, config: CircuitBreakerConfig, library: OtherLibrary) {
    super('circuitBreakerName', name, Date, config.eventConsumerBufferSize);
    this.config = config;
    this.#library = library;
    this.#policies = library.create(config, () => this.#emitTransition());
  }

  get state(): OtherPolicies['state'] {
    return this.#policies.state;
  }

  get metrics(): CircuitBreakerMetrics {
    return { ...noWindow, notPermittedCalls: this.#notPermittedCalls };
  }

  get admissionPercentage(): number {
    return this.state === 'CLOSED' ? 100 : 0;
  }

  get remainingMs(): number | undefined {
    if (this.state !== 'OPEN') return undefined;
    return Math.max(0, this.#openedAt + (this.config.waitDurationInOpenState ?? 0) - Date.now());
  }

  async execute<T>(call: ProtectedCall<T>, context: Partial<CallContext> = {}): Promise<T> {
    context.signal?.throwIfAborted();
    const { attempt = 1, deadline, request, endpoint, usedEndpoints } = context;
    const startedAt = performance.now();
    try {
      const result = await this.#policies.execute(async (timeout) => {
        const signals = [context.signal, timeout].filter((each) => each !== undefined);
        const signal = signals.length === 1 ? signals[0]! : AbortSignal.any(signals);
        try {
          return await call({ attempt, deadline, request, endpoint, usedEndpoints, signal });
        } catch (error) {
          throw isEvidence(error, context) ? error : new NoEvidence(error);
        }
      });
      this.emit('SUCCESS', { elapsedDurationMs: performance.now() - startedAt });
      return result;
    } catch (error) {
      throw this.#settle(error, performance.now() - startedAt);
    }
  }

  dispose(): void {
    this.#policies.dispose();
  }

  /** Emits the end of a failed call. @returns what its caller gets: the call's own error, or one of this library */
  #settle(error: unknown, elapsedDurationMs: number): unknown {
    if (error instanceof NoEvidence) {
      this.emit('IGNORED_ERROR', { elapsedDurationMs, error: error.cause });
      return error.cause;
    }
    const meaning = this.#policies.meaningOf(error);
    if (meaning === 'not permitted') {
      this.#notPermittedCalls++;
      this.emit('NOT_PERMITTED', {});
      return CallNotPermittedError.by(this);
    }
    const { timeoutMs, capacity } = this.#library.tuning ?? { timeoutMs: 0, capacity: 0 };
    const settled =
      meaning === 'timed out'
        ? new TimeoutExceededError(this.name, timeoutMs, 'timeoutDuration', this.#library.name)
        : meaning === 'full'
          ? new BulkheadFullError(this.name, capacity, 0)
          : error;
    this.emit('ERROR', { elapsedDurationMs, error: settled });
    return settled;
  }

  #emitTransition(): void {
    const fromState = this.#emittedState;
    const toState = this.state;
    if (toState === 'OPEN') this.#openedAt = Date.now();
    this.#emittedState = toState;
    if (fromState !== toState) this.emit('STATE_TRANSITION', { fromState, toState });
  }

  #unsupported(operation: string): never {
    throw new UnsupportedByEngineError(this.name, this.#library.name, operation, 'the load tests do not need it');
  }
}

/** The events of any circuit breaker by type. */
type CircuitBreakerEvents = {
  [E in ReturnType<AnyCircuitBreaker['bufferedEvents']>[number] as E['type']]: E;
};

const noWindow: CircuitBreakerMetrics = {
  failureRate: -1,
  slowCallRate: -1,
  combinedRate: -1,
  bufferedCalls: 0,
  failedCalls: 0,
  successfulCalls: 0,
  slowCalls: 0,
  slowFailedCalls: 0,
  slowSuccessfulCalls: 0,
  notPermittedCalls: 0,
};

/** Neither the refusal of another policy nor a call that its caller cut off says anything about the dependency. */
function isEvidence(error: unknown, { signal, deadline }: Partial<CallContext>): boolean {
  if (error instanceof RejectedError || error instanceof DeadlineExceededError) return false;
  if (error instanceof TimeoutExceededError && error.limitedBy === 'deadline') return false;
  return signal?.aborted !== true && deadline?.remainingMs !== 0;
}
