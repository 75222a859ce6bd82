import { connectable, type Observable, ReplaySubject } from 'rxjs';
import { isRepeatable } from '../core/http-request.ts';
import { type CallContext, type Policy, type ProtectedCall, withRequest } from '../core/policy.ts';
import { observeProtected } from './protected-call.ts';

/** A client of `@nestjs/microservices`, such as one of `ClientsModule`. */
export interface MessageClient {
  // oxlint-disable-next-line typescript/no-explicit-any -- the types of the messages are those of the client
  send(pattern: any, data: any): Observable<any>;
  // oxlint-disable-next-line typescript/no-explicit-any -- the types of the messages are those of the client
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
    return observeProtected(new MessagePolicy(policy, isIdempotent(pattern)), call, (error) => {
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
class MessagePolicy implements Policy {
  readonly name: string;
  readonly #policy: Policy;
  readonly #isIdempotent: boolean;

  constructor(policy: Policy, isIdempotent: boolean) {
    this.name = policy.name;
    this.#policy = policy;
    this.#isIdempotent = isIdempotent;
  }

  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const request = { method: 'POST', hasIdempotencyKey: this.#isIdempotent };
    let only: Promise<T> | undefined;
    const once: ProtectedCall<T> = (given) => (only ??= Promise.resolve(call(given)));
    return this.#policy.execute(isRepeatable(request) ? call : once, withRequest(context, request));
  }
}
