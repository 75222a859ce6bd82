import {
  InterceptingCall,
  type InterceptingListener,
  type Interceptor,
  type InterceptorOptions,
  Metadata,
  status,
  type StatusObject,
} from '@grpc/grpc-js';
import { Deadline } from '../../core/deadline.ts';
import { causesOf, RejectedError, ResilienceError, textOf } from '../../core/errors.ts';
import { isRepeatable } from '../../core/http-request.ts';
import { callContext, type CallContext, LazyAbortController, type Policy, whenAborted } from '../../core/policy.ts';
import { standardPipelines } from '../../core/standard-pipeline.ts';
import { traceHeaders } from '../http/trace-context.ts';
import { GrpcStatusError } from './grpc-status.ts';

type NextCall = Parameters<Interceptor>[1];
type CallInterface = ReturnType<NextCall>;
type Listener = Partial<InterceptingListener>;

/** The options of the interceptor for gRPC. */
export interface GrpcInterceptorOptions {
  /**
   * The policy of all calls, or a function that returns the policy of a name. `standardPipelines()` by default: one
   * standard pipeline for each service.
   */
  readonly policy?: Policy | ((name: string) => Policy);
  /** The name of a call for `policy`, from its path `/package.Service/Method`. The service, with its package, by default. */
  readonly name?: (path: string) => string;
  /**
   * Whether the method with this path may be called again although its first call may have had an effect. By default only
   * calls with the metadata `idempotency-key` are repeated: grpc-js does not pass on the `idempotency_level` of a proto
   * file.
   */
  readonly isIdempotent?: (path: string) => boolean;
  /** As for HTTP clients: the deadline of calls and what aborts them. No context by default. */
  readonly context?: () => Partial<CallContext> | undefined;
}

/**
 * An interceptor that protects the unary calls of a gRPC client by a policy, by default the standard pipeline of their
 * service. Status codes are judged like those of HTTP to which google.rpc.Code maps them, and a retry obeys
 * `grpc-retry-pushback-ms`. Each attempt has the remaining time as its deadline, and the trace in its metadata.
 *
 * The refusal of a policy becomes the status UNAVAILABLE, a timeout DEADLINE_EXCEEDED. Streaming calls get the deadline and
 * the trace and are aborted with the context around them, but have no policy: they have no single outcome that a retry
 * could repeat, and may last longer than any timeout. The endpoint of the call's context has no effect: a channel chooses its own.
 *
 * @example
 * const isIdempotent = (path: string) => path.includes('/Get');
 * const client = new PaymentsClient(address, credentials, { interceptors: [resilienceInterceptor({ isIdempotent })] });
 */
export function resilienceInterceptor(options: GrpcInterceptorOptions = {}): Interceptor {
  const { policy = standardPipelines(), name = serviceOf, context: contextOf = () => undefined } = options;
  const policyOf = typeof policy === 'function' ? policy : () => policy;
  return (callOptions, nextCall) => {
    const { path, requestStream, responseStream } = callOptions.method_definition;
    const around = contextOf();
    const deadline = Deadline.earliest(deadlineOf(callOptions), around?.deadline);
    if (requestStream || responseStream) return streamingCall(nextCall(withDeadline(callOptions, deadline)), around);
    const isIdempotent = options.isIdempotent?.(path) ?? false;
    const send = (sent: SentCall, context: CallContext): Promise<Received> =>
      makeAttempt(nextCall(withDeadline(callOptions, context.deadline)), sent, context);
    const policyOfCall = policyOf(name(path));
    return new InterceptingCall(new ProtectedUnaryCall({ policy: policyOfCall, around, deadline, isIdempotent, send }));
  };
}

/** A call with a stream, without a policy. */
function streamingCall(call: CallInterface, around: Partial<CallContext> | undefined): InterceptingCall {
  return new InterceptingCall(call, {
    start(metadata, listener, next) {
      let stopListening = (): void => {};
      next(withTrace(metadata.clone()), {
        onReceiveMetadata: (received: Metadata) => listener.onReceiveMetadata(received),
        onReceiveMessage: (received: unknown) => listener.onReceiveMessage(received),
        onReceiveStatus(received: StatusObject) {
          stopListening();
          listener.onReceiveStatus(received);
        },
      });
      stopListening = whenAborted(around, () => call.cancelWithStatus(status.CANCELLED, abortDetails));
    },
  });
}

const abortDetails = 'The call is aborted.';

/** What the caller of a unary call sends. */
interface SentCall {
  readonly metadata: Metadata;
  readonly message: unknown;
}

/** What a successful unary call receives. */
interface Received {
  readonly metadata: Metadata | undefined;
  readonly message: unknown;
  readonly status: StatusObject;
}

interface UnaryCallOptions {
  readonly policy: Policy;
  /** The context that the call inherits. */
  readonly around: Partial<CallContext> | undefined;
  readonly deadline: Deadline | undefined;
  readonly isIdempotent: boolean;
  readonly send: (sent: SentCall, context: CallContext) => Promise<Received>;
}

/** A unary call whose attempts are made under a policy. It starts when its caller has sent everything. */
class ProtectedUnaryCall implements CallInterface {
  readonly #options: UnaryCallOptions;
  readonly #source = new LazyAbortController();
  #metadata: Metadata | undefined;
  #listener: Listener = {};
  #message: unknown;

  constructor(options: UnaryCallOptions) {
    this.#options = options;
  }

  start(metadata: Metadata, listener: Listener = {}): void {
    this.#metadata = metadata;
    this.#listener = listener;
  }

  sendMessageWithContext(_context: unknown, message: unknown): void {
    this.#message = message;
  }

  sendMessage(message: unknown): void {
    this.#message = message;
  }

  halfClose(): void {
    const { policy, around, deadline, isIdempotent, send } = this.#options;
    const sent = { metadata: this.#metadata!, message: this.#message };
    const hasIdempotencyKey = isIdempotent || sent.metadata.get('idempotency-key').some((key) => key.length > 0);
    const request = { method: 'POST', hasIdempotencyKey };
    const stopListening = whenAborted(around, (reason) => this.#source.abort(reason));
    let only: Promise<Received> | undefined;
    const call = (context: CallContext): Promise<Received> => {
      if (isRepeatable(request)) return send(sent, context);
      return (only ??= send(sent, context));
    };
    policy.execute(call, callContext(this.#source, 1, { deadline, request })).then(
      ({ metadata, message, status: received }) => {
        stopListening();
        if (metadata !== undefined) this.#listener.onReceiveMetadata?.(metadata);
        this.#listener.onReceiveMessage?.(message);
        this.#listener.onReceiveStatus?.(received);
      },
      (error: unknown) => {
        stopListening();
        this.#listener.onReceiveStatus?.(statusOf(error, this.#source.aborted));
      },
    );
  }

  cancelWithStatus(code: status, details: string): void {
    this.#source.abort(new GrpcStatusError({ code, details, metadata: new Metadata() }));
  }

  /** Each attempt can have another peer. */
  getPeer(): string {
    return 'unknown';
  }

  /** The message of a unary call is read without it. */
  startRead(): void {}

  getAuthContext(): null {
    return null;
  }
}

/** @throws GrpcStatusError for every status but OK */
function makeAttempt(call: CallInterface, { metadata, message }: SentCall, context: CallContext): Promise<Received> {
  return new Promise((resolve, reject) => {
    let receivedMetadata: Metadata | undefined;
    let receivedMessage: unknown;
    const stopListening = whenAborted(context, (reason) => {
      reject(reason);
      call.cancelWithStatus(status.CANCELLED, abortDetails);
    });
    call.start(withTrace(metadata.clone()), {
      onReceiveMetadata: (received) => {
        receivedMetadata = received;
      },
      onReceiveMessage: (received: unknown) => {
        receivedMessage = received;
      },
      onReceiveStatus: (received) => {
        stopListening();
        if (received.code !== status.OK) reject(new GrpcStatusError(received));
        else resolve({ metadata: receivedMetadata, message: receivedMessage, status: received });
      },
    });
    call.sendMessage(message);
    call.halfClose();
  });
}

/** The status that the caller gets for the error of a call under a policy. */
function statusOf(error: unknown, isAborted: boolean): StatusObject {
  for (const cause of causesOf(error)) if (cause instanceof GrpcStatusError) return cause.grpcStatus;
  const isTimeout =
    error instanceof ResilienceError && (error.code === 'TIMEOUT_EXCEEDED' || error.code === 'DEADLINE_EXCEEDED');
  const ofOther = isAborted ? status.CANCELLED : status.UNKNOWN;
  const code = error instanceof RejectedError ? status.UNAVAILABLE : ofOther;
  return { code: isTimeout ? status.DEADLINE_EXCEEDED : code, details: textOf(error), metadata: new Metadata() };
}

function withTrace(metadata: Metadata): Metadata {
  for (const [name, value] of Object.entries(traceHeaders())) metadata.set(name, value);
  return metadata;
}

function deadlineOf({ deadline }: InterceptorOptions): Deadline | undefined {
  if (deadline === undefined) return undefined;
  const endsAt = Number(deadline);
  return Number.isFinite(endsAt) ? new Deadline(endsAt) : undefined;
}

function withDeadline(options: InterceptorOptions, deadline: Deadline | undefined): InterceptorOptions {
  return deadline === undefined ? options : { ...options, deadline: Date.now() + deadline.remainingRealMs };
}

function serviceOf(path: string): string {
  return path.split('/', 2)[1] ?? path;
}
