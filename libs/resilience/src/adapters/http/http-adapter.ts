import { deadlineHeaders } from '../../core/deadline.ts';
import { causesOf } from '../../core/errors.ts';
import { headerIn } from '../../core/http-classification.ts';
import { isRepeatable } from '../../core/http-request.ts';
import { type AbortSource, callContext, type CallContext, type Policy } from '../../core/policy.ts';
import { standardPipelines } from '../../core/standard-pipeline.ts';
import { traceHeaders } from './trace-context.ts';

/** A request as functions in the options receive it. */
export interface OutgoingRequest {
  /** In upper case. */
  readonly method: string;
  readonly url: URL;
}

/** The options of every adapter for an HTTP client. */
export interface HttpAdapterOptions {
  /**
   * The policy of all requests, or a function that returns the policy of a name. `standardPipelines()` by default: one
   * standard pipeline for each name.
   */
  readonly policy?: Policy | ((name: string) => Policy);
  /**
   * The name that a request has for `policy`, or a function that computes it, e.g. a route template. Names must not
   * contain ids. By default the host and port of the URL.
   */
  readonly name?: string | ((request: OutgoingRequest) => string);
  /**
   * Returns the context that a request inherits: its deadline, what aborts it and its endpoint. In NestJS this is
   * `currentCallContext`. No context by default.
   */
  readonly context?: () => Partial<CallContext> | undefined;
  /**
   * Whether requests get the trace headers of OpenTelemetry, where `@opentelemetry/api` is installed. True by default;
   * set false when an instrumentation of the client adds them.
   */
  readonly traceHeaders?: boolean;
}

/** A request of a client, as adapters describe it. */
export interface AdaptedRequest extends OutgoingRequest {
  readonly hasIdempotencyKey: boolean;
  /** Whether its body can be sent only once. */
  readonly hasStreamBody: boolean;
  /** What aborts the request for its caller, and for the context around it. */
  readonly signal: AbortSource | undefined;
}

/** How to make one attempt. */
export interface Attempt {
  /** Its signal aborts the attempt. */
  readonly context: CallContext;
  /** Where to send the request: its own URL, or the same path of the endpoint in the context. */
  readonly url: string;
  /** The deadline and the trace, to be added to the headers of the request. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How a client makes attempts. */
export interface HttpClient<R> {
  send(attempt: Attempt): Promise<R>;
  /** Releases the connection of a response, or of an error with a response, that no caller gets. */
  discard(outcome: unknown): void;
}

/** Makes the requests of an HTTP client under a policy: what all adapters have in common. */
export class HttpAdapter {
  readonly #policyOf: (name: string) => Policy;
  readonly #nameOf: (request: OutgoingRequest) => string;
  readonly #contextOf: () => Partial<CallContext> | undefined;
  readonly #hasTraceHeaders: boolean;

  constructor(options: HttpAdapterOptions) {
    const { policy = standardPipelines(), name = hostOf, context = () => undefined } = options;
    this.#policyOf = typeof policy === 'function' ? policy : () => policy;
    this.#nameOf = typeof name === 'function' ? name : () => name;
    this.#contextOf = context;
    this.#hasTraceHeaders = options.traceHeaders ?? true;
  }

  /** The context that a request inherits which is made now. */
  context(): Partial<CallContext> | undefined {
    return this.#contextOf();
  }

  /**
   * Makes the request under its policy. A request that must not be repeated is sent once under any policy: all further
   * attempts get the outcome of the first.
   *
   * @param around the inherited context, whose deadline and endpoint are used
   * @throws what the client threw, or a ResilienceError of a policy
   */
  async execute<R>(
    request: AdaptedRequest,
    around: Partial<CallContext> | undefined,
    client: HttpClient<R>,
  ): Promise<R> {
    const { method, url, hasIdempotencyKey, hasStreamBody, signal } = request;
    const facts = { method, hasIdempotencyKey, hasStreamBody };
    const outcomes = new Outcomes((outcome) => client.discard(outcome));
    const mayRepeat = isRepeatable(facts);
    let only: Promise<R> | undefined;
    const call = (context: CallContext): Promise<R> => {
      if (only !== undefined) return only;
      outcomes.discardAll();
      const target = context.endpoint === undefined ? url.href : atEndpoint(url, context.endpoint.url);
      const attempt = client.send({ context, url: target, headers: this.#headers(context) });
      outcomes.track(attempt);
      if (!mayRepeat) only = attempt;
      return attempt;
    };
    const policy = this.#policyOf(this.#nameOf({ method, url }));
    try {
      const { deadline, endpoint } = around ?? {};
      const context = callContext(signal, 1, { deadline, endpoint, request: facts });
      const result = await policy.execute(call, context);
      outcomes.end(result);
      return result;
    } catch (error) {
      outcomes.end(error);
      throw error;
    }
  }

  #headers({ deadline }: CallContext): Readonly<Record<string, string>> {
    const ofDeadline = deadlineHeaders(deadline);
    return this.#hasTraceHeaders ? { ...ofDeadline, ...traceHeaders() } : ofDeadline;
  }
}

/** Whether headers, in any form that HTTP clients accept, have an idempotency key. An empty one is none. */
export function hasIdempotencyKey(headers: unknown): boolean {
  return (headerIn(headers, 'idempotency-key') ?? '') !== '';
}

/** Headers with further ones, which replace those of the same name in any case. */
export function withAdded<V>(
  headers: Readonly<Record<string, V>>,
  added: Readonly<Record<string, string>>,
): Record<string, V | string> {
  const all: Record<string, V | string> = {};
  for (const name in headers)
    if (Object.hasOwn(headers, name) && !(name.toLowerCase() in added)) all[name] = headers[name]!;
  return Object.assign(all, added);
}

/** The outcomes of the attempts for one request. All but the one that the caller gets are discarded. */
class Outcomes {
  readonly #discard: (outcome: unknown) => void;
  #unused: unknown[] = [];
  #hasEnded = false;

  constructor(discard: (outcome: unknown) => void) {
    this.#discard = discard;
  }

  track(attempt: Promise<unknown>): void {
    const received = (outcome: unknown): void => {
      if (this.#hasEnded) this.#discard(outcome);
      else this.#unused.push(outcome);
    };
    attempt.then(received, received);
  }

  /** @param kept an outcome, which is kept together with its causes */
  discardAll(kept?: unknown): void {
    for (const outcome of this.#unused.splice(0)) if (!isOrHasCause(kept, outcome)) this.#discard(outcome);
  }

  /** Discards everything but the outcome of the call, which may have that of an attempt as its cause. */
  end(outcome: unknown): void {
    this.#hasEnded = true;
    this.discardAll(outcome);
  }
}

function isOrHasCause(outcome: unknown, wanted: unknown): boolean {
  for (const each of causesOf(outcome)) if (each === wanted) return true;
  return false;
}

function hostOf({ url }: OutgoingRequest): string {
  return url.host;
}

/** The same path and query at another origin, below the path of its base URL. */
function atEndpoint({ pathname, search }: URL, baseUrl: string): string {
  const base = new URL(baseUrl);
  return `${base.origin}${base.pathname.replace(/\/$/, '')}${pathname}${search}`;
}

/** The signal that either of two aborts, each of which may be missing. */
export function eitherSignal(one: AbortSignal, other: AbortSignal | undefined): AbortSignal;
export function eitherSignal(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined;
export function eitherSignal(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  if (one === undefined || other === undefined || one === other) return one ?? other;
  return AbortSignal.any([one, other]);
}
