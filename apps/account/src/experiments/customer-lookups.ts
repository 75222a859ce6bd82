import {
  RejectedError,
  TimeoutExceededError,
  type CallContext,
  type CircuitBreaker,
  type Clock,
  type Policy,
} from '@breakwater/resilience';
import { CustomerUnavailableError } from '../customer/customer-unavailable.error.ts';
import type { CustomerClient } from '../customer/customer.client.ts';
import type { CustomerLookupsDto } from './customer-lookups.dto.ts';
import { toPlainConfig, type PlainConfig } from './plain-config.ts';

/** How a call ended. `slow`: it was answered, but took longer than `slowCallDurationThreshold`. */
export type Outcome = 'answered' | 'slow' | 'not-permitted' | 'failed';

/** One line of an experiment's story. */
export type LookupEvent =
  | { readonly type: 'start'; readonly instance: string; readonly breaker: string; readonly config: PlainConfig }
  | CallEvent
  | { readonly type: 'end' };

/** A call that has ended, and the circuit breaker after it. */
export interface CallEvent {
  readonly type: 'call';
  /** 1 is the first. */
  readonly n: number;
  readonly outcome: Outcome;
  /** By the circuit breaker's clock, in whole milliseconds. */
  readonly durationMs: number;
  readonly state: string;
  /** Percent; -1 while there are too few calls to tell. */
  readonly failureRate: number;
  readonly slowCallRate: number;
  /** What changed during this call, such as `CLOSED->OPEN`. */
  readonly transitions: readonly string[];
}

/** What an experiment is made with. */
export interface Laboratory {
  readonly instance: string;
  readonly client: CustomerClient;
  readonly circuitBreaker: Pick<CircuitBreaker, 'name' | 'config' | 'state' | 'metrics' | 'on' | 'execute' | 'reset'>;
  /** Makes sure that every call ends. */
  readonly timeLimiter: Policy;
  /** The circuit breaker's. */
  readonly clock: Clock;
}

/** Looks a customer up again and again, one call after the other, and tells of each call as it ends. */
export async function* lookUpRepeatedly(
  { instance, client, circuitBreaker, timeLimiter, clock }: Laboratory,
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
      const ending = await endingOf(call, signal);
      if (ending === undefined) return;

      const elapsedMs = clock.now() - startedAt;
      const isSlow = ending === 'answered' && elapsedMs > circuitBreaker.config.slowCallDurationThreshold;
      const { failureRate, slowCallRate } = circuitBreaker.metrics;
      yield {
        type: 'call',
        n,
        outcome: isSlow ? 'slow' : ending,
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

/** How a call ended; undefined when it didn't, because nobody waits for it any more. */
async function endingOf(call: Promise<unknown>, signal: AbortSignal): Promise<Exclude<Outcome, 'slow'> | undefined> {
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
