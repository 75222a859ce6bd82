import { connectable, type Observable, ReplaySubject } from 'rxjs';
import { type CallContext, type Policy, type ProtectedCall, withRequest } from '../core/policy.ts';
import { derivedPolicy } from './observable-policies.ts';
import { observeProtected } from './protected-call.ts';

/** A client of `@nestjs/microservices`, such as one of `ClientsModule`. */
export interface MessageClient {
  // oxlint-disable-next-line typescript/no-explicit-any -- ClientProxy declares any, and its callers choose the types
  send(pattern: any, data: any): Observable<any>;
  // oxlint-disable-next-line typescript/no-explicit-any -- as for send
  emit(pattern: any, data: any): Observable<any>;
}

export interface MessageClientOptions {
  /**
   * Whether a message of this pattern may be sent again although its first copy may have had an effect. False by default:
   * then each message is sent once.
   */
  readonly isIdempotent?: (pattern: unknown) => boolean;
}

/**
 * A client of `@nestjs/microservices` whose messages are protected by a policy: each subscription to `send` is a call, and
 * `emit` is a call at once. A call inherits the context of the decorated method or the request that it belongs to.
 *
 * Unsubscribing, a timeout and an abort end the subscription to the response. Other properties are those of the client.
 *
 * @param policyOf a policy for all messages, or a function that returns the policy of a pattern
 * @example
 * providers: [
 *   {
 *     provide: PaymentsClient,
 *     inject: ['PAYMENTS', pipelineToken('payments')],
 *     useFactory: (client: ClientProxy, payments: Pipeline) => protectClientProxy(client, payments),
 *   },
 * ],
 */
export function protectClientProxy<C extends MessageClient>(
  client: C,
  policyOf: Policy | ((pattern: unknown) => Policy),
  { isIdempotent = () => false }: MessageClientOptions = {},
): C {
  const observe = (pattern: unknown, call: () => unknown): Observable<unknown> => {
    const policy = typeof policyOf === 'function' ? policyOf(pattern) : policyOf;
    return observeProtected(messagePolicy(policy, isIdempotent(pattern)), call, (error) => {
      throw error;
    });
  };
  const methods: MessageClient = {
    send: (pattern, data) => observe(pattern, () => client.send(pattern, data)),
    // Like that of the client, an event is sent without a subscription.
    emit: (pattern, data) => {
      const event = connectable(
        observe(pattern, () => client.emit(pattern, data)),
        { connector: () => new ReplaySubject(1), resetOnDisconnect: false },
      );
      event.connect();
      return event;
    },
  };
  return new Proxy(client, {
    get(target, name) {
      if (name === 'send' || name === 'emit') return methods[name];
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Passes on whether a message may be sent again. One that must not be is sent once. */
function messagePolicy(policy: Policy, isIdempotent: boolean): Policy {
  const request = { method: 'POST', hasIdempotencyKey: isIdempotent };
  return derivedPolicy(policy, <T>(call: ProtectedCall<T>, context?: Partial<CallContext>) => {
    let only: Promise<T> | undefined;
    const once: ProtectedCall<T> = (given) => (only ??= Promise.resolve(call(given)));
    return policy.execute(isIdempotent ? call : once, withRequest(context, request));
  });
}
