import { deadlineHeaders } from '../../core/deadline.ts';
import { causesOf } from '../../core/errors.ts';
import { httpHeaderOf } from '../../core/http-classification.ts';
import { isRepeatable } from '../../core/http-request.ts';
import {
  abortSourceOf,
  type AbortSource,
  callContext,
  type CallContext,
  LazyAbortController,
  type Policy,
} from '../../core/policy.ts';
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
  /** What aborts the request for its caller. */
  readonly signal?: AbortSource | undefined;
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

  /**
   * Makes the request under its policy. A request that must not be repeated is sent once under any policy: all further
   * attempts get the outcome of the first.
   *
   * @throws what the client threw, or a ResilienceError of a policy
   */
  async execute<R>(request: AdaptedRequest, client: HttpClient<R>): Promise<R> {
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
      const around = this.#contextOf();
      const source = inherited(around, signal);
      const context = callContext(source, 1, {
        deadline: around?.deadline,
        endpoint: around?.endpoint,
        request: facts,
      });
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

/** Whether headers, in any form that HTTP clients accept, have an idempotency key. */
export function hasIdempotencyKey(headers: unknown): boolean {
  return httpHeaderOf({ headers }, 'idempotency-key') !== undefined;
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

  discardAll(except?: ReadonlySet<unknown>): void {
    for (const outcome of this.#unused.splice(0)) if (except?.has(outcome) !== true) this.#discard(outcome);
  }

  /** Discards everything but the outcome of the call, which may have that of an attempt as its cause. */
  end(outcome: unknown): void {
    this.#hasEnded = true;
    this.discardAll(new Set(causesOf(outcome)));
  }
}

function hostOf({ url }: OutgoingRequest): string {
  return url.host;
}

/** The same path and query at another origin, below the path of its base URL. */
function atEndpoint({ pathname, search }: URL, baseUrl: string): string {
  const base = new URL(baseUrl);
  return `${base.origin}${base.pathname.replace(/\/$/, '')}${pathname}${search}`;
}

/** What aborts a call that both its caller and the context around it can abort. */
function inherited(around: Partial<CallContext> | undefined, given: AbortSource | undefined): AbortSource | undefined {
  const outer = abortSourceOf(around);
  if (outer === undefined || given === undefined) return outer ?? given;
  return AbortSignal.any([outer, given].map((each) => (each instanceof LazyAbortController ? each.signal : each)));
}
