import type { LookupEvent, LookupOutcome } from '@breakwater/contracts/experiments';
import {
  pipeline,
  RejectedError,
  TimeoutExceededError,
  type CircuitBreaker,
  type CircuitBreakerConfig,
  type Clock,
  type Policy,
} from '@breakwater/resilience';
import { runInCallContext } from '@breakwater/resilience/nest';
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

/** What the lookups use. */
export interface LookupParts {
  readonly instance: string;
  readonly client: CustomerClient;
  readonly circuitBreaker: Pick<CircuitBreaker, 'name' | 'config' | 'state' | 'metrics' | 'on' | 'execute' | 'reset'>;
  /** Chooses a replica of customer for each call. */
  readonly endpoints: Policy;
  /** Ends every call in time. */
  readonly timeLimiter: Policy;
  /** The clock of the circuit breaker. */
  readonly clock: Clock;
}

/** Looks a customer up, one call after the other, and reports each call as it ends. */
export async function* lookUpRepeatedly(
  { instance, client, circuitBreaker, timeLimiter, endpoints, clock }: LookupParts,
  { times, customerId, reset }: CustomerLookupsDto,
  signal: AbortSignal,
): AsyncGenerator<LookupEvent, void, undefined> {
  if (reset) circuitBreaker.reset();
  const transitions: string[] = [];
  const unsubscribe = circuitBreaker.on('STATE_TRANSITION', ({ fromState, toState }) => {
    transitions.push(`${fromState}->${toState}`);
  });
  const experiment = pipeline('experiment', [circuitBreaker, timeLimiter, endpoints]);
  try {
    yield { type: 'start', instance, breaker: circuitBreaker.name, config: toPlainConfig(circuitBreaker.config) };
    for (let n = 1; n <= times; n += 1) {
      const startedAt = clock.now();
      const call = experiment.execute((context) => runInCallContext(context, () => client.findById(customerId)), {
        signal,
      });
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
async function resultOf(
  call: Promise<unknown>,
  signal: AbortSignal,
): Promise<Exclude<LookupOutcome, 'slow'> | undefined> {
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
