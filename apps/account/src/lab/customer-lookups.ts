import {
  RejectedError,
  TimeoutExceededError,
  type CallContext,
  type CircuitBreaker,
  type CircuitBreakerConfig,
  type Clock,
  type Policy,
} from '@breakwater/resilience';
import { z } from 'zod';
import { CustomerUnavailableError, type CustomerClient } from '../customer/customer.client.ts';

/** The body of a request for lookups: how many, of which customer, through which circuit breaker. */
export const customerLookupsDto = z.strictObject({
  times: z.int('must be a whole number from 1 to 100').min(1, 'must be at least 1').max(100, 'must be at most 100'),
  breaker: z.string('must be the name of a circuit breaker').min(1).max(100),
  customerId: z
    .string('must be the id of a customer, such as c-1001')
    .regex(/^[a-z0-9-]{1,64}$/, 'must be the id of a customer, such as c-1001')
    .default('c-1001'),
  reset: z
    .boolean('must be true or false')
    .default(false)
    .describe('Whether the circuit breaker is reset first: CLOSED, with an empty window.'),
});

export type CustomerLookupsDto = z.output<typeof customerLookupsDto>;

/** The result of a call. `slow`: it succeeded, but took longer than `slowCallDurationThreshold`. */
export type CallResult = 'answered' | 'slow' | 'not-permitted' | 'failed';

/** One line of the response. */
export type LookupEvent =
  | { readonly type: 'start'; readonly instance: string; readonly breaker: string; readonly config: PlainConfig }
  | CallEvent
  | { readonly type: 'end' };

/** A call that has ended, and the circuit breaker after it. */
export interface CallEvent {
  readonly type: 'call';
  /** The first is 1. */
  readonly n: number;
  readonly outcome: CallResult;
  /** On the circuit breaker's clock, in whole milliseconds. */
  readonly durationMs: number;
  readonly state: string;
  /** Percent; -1 while the window has too few calls. */
  readonly failureRate: number;
  readonly slowCallRate: number;
  /** The state transitions during this call, such as `CLOSED->OPEN`. */
  readonly transitions: readonly string[];
}

/** What the lookups use. */
export interface LookupParts {
  readonly instance: string;
  readonly client: CustomerClient;
  readonly circuitBreaker: Pick<CircuitBreaker, 'name' | 'config' | 'state' | 'metrics' | 'on' | 'execute' | 'reset'>;
  /** Ends every call in time. */
  readonly timeLimiter: Policy;
  /** The clock of the circuit breaker. */
  readonly clock: Clock;
}

/** Looks a customer up, one call after the other, and reports each call as it ends. */
export async function* lookUpRepeatedly(
  { instance, client, circuitBreaker, timeLimiter, clock }: LookupParts,
  { times, customerId, reset }: CustomerLookupsDto,
  signal: AbortSignal,
): AsyncGenerator<LookupEvent, void, undefined> {
  if (reset) circuitBreaker.reset();
  const transitions: string[] = [];
  const unsubscribe = circuitBreaker.on('STATE_TRANSITION', ({ fromState, toState }) => {
    transitions.push(`${fromState}->${toState}`);
  });
  try {
    yield { type: 'start', instance, breaker: circuitBreaker.name, config: toPlainConfig(circuitBreaker.config) };
    for (let n = 1; n <= times; n += 1) {
      const startedAt = clock.now();
      const lookUp = (context: CallContext) => client.findById(customerId, context);
      const call = circuitBreaker.execute((context) => timeLimiter.execute(lookUp, context), { signal });
      const result = await resultOf(call, signal);
      if (result === undefined) return;

      const elapsedMs = clock.now() - startedAt;
      const isSlow = result === 'answered' && elapsedMs > circuitBreaker.config.slowCallDurationThreshold;
      const { failureRate, slowCallRate } = circuitBreaker.metrics;
      yield {
        type: 'call',
        n,
        outcome: isSlow ? 'slow' : result,
        durationMs: Math.round(elapsedMs),
        state: circuitBreaker.state,
        failureRate,
        slowCallRate,
        transitions: transitions.splice(0),
      };
    }
    yield { type: 'end' };
  } finally {
    unsubscribe();
  }
}

/** Undefined when the call was aborted because the client has disconnected. */
async function resultOf(call: Promise<unknown>, signal: AbortSignal): Promise<Exclude<CallResult, 'slow'> | undefined> {
  try {
    await call;
    return 'answered';
  } catch (error) {
    if (signal.aborted) return undefined;
    if (error instanceof RejectedError) return 'not-permitted';
    if (error instanceof CustomerUnavailableError || error instanceof TimeoutExceededError) return 'failed';
    throw error;
  }
}

/** The options of a circuit breaker as JSON: classes by their names, without functions. */
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
