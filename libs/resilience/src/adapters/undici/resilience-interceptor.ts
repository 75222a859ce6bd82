import type { Dispatcher } from 'undici';
import { abortSourceOf, type CallContext, LazyAbortController, whenAborted } from '../../core/policy.ts';
import { withResolvers } from '../../core/with-resolvers.ts';
import {
  type Attempt,
  hasIdempotencyKey,
  HttpAdapter,
  type HttpAdapterOptions,
  withAdded,
} from '../http/http-adapter.ts';

type Handler = Dispatcher.DispatchHandler;
type Controller = Dispatcher.DispatchController;
type Headers = Parameters<NonNullable<Handler['onResponseStart']>>[2];

/**
 * An interceptor that protects the requests of a dispatcher of undici by a policy, by default the standard pipeline of
 * their host. Attempts carry the remaining time (`x-request-timeout-ms`) and the trace.
 *
 * The policy protects a request until its response headers have arrived; the body is paused until then and never
 * buffered. Of a response that is retried, at most 64 kB are read for at most a second; then its connection is closed. A
 * request whose body is a stream or an iterator is sent once. Upgrades and CONNECT are not protected.
 *
 * @example
 * const dispatcher = new Agent().compose(resilienceInterceptor());
 * const { statusCode, body } = await request('https://api.example.com/payments/17', { dispatcher });
 */
export function resilienceInterceptor(options: HttpAdapterOptions = {}): Dispatcher.DispatcherComposeInterceptor {
  const adapter = new HttpAdapter(options);
  return (dispatch) => (given, handler) => {
    const { method, body, upgrade } = given;
    const url = urlOf(given);
    if (url === undefined || method === 'CONNECT' || typeof upgrade === 'string') return dispatch(given, handler);
    const headers = asObject(given.headers);
    const around = adapter.context();
    const caller = new CallerController(around);
    const send = (attempt: Attempt): Promise<ResponseInProgress> => {
      const response = new ResponseInProgress(attempt.context);
      const target = attempt.url === url.href ? undefined : endpointOf(attempt.url);
      dispatch({ ...given, ...target, headers: withAdded(headers, attempt.headers) }, response);
      return response.received;
    };
    const request = {
      method,
      url,
      hasIdempotencyKey: hasIdempotencyKey(headers),
      hasStreamBody: isStream(body),
      signal: caller.source,
    };
    handler.onRequestStart?.(caller, {});
    adapter.execute(request, around, { send, discard }).then(
      (response) => caller.receive(response, handler),
      (error: unknown) => {
        caller.end();
        handler.onResponseError?.(caller, error as Error);
      },
    );
    return true;
  };
}

/** What the caller's handler controls: all attempts until a response is delivered, and then that response. */
class CallerController implements Controller {
  readonly source = new LazyAbortController();
  readonly #stopListening: () => void;
  #response: Controller | undefined;
  #isPaused = false;

  /** @param around the context whose abort aborts the request too, also while its body is read */
  constructor(around: Partial<CallContext> | undefined) {
    this.#stopListening = whenAborted(around, (reason) => this.abort(reason as Error));
  }

  get aborted(): boolean {
    return this.source.aborted;
  }

  get reason(): Error | null {
    return (this.source.reason as Error | undefined) ?? null;
  }

  get paused(): boolean {
    return this.#isPaused;
  }

  get rawHeaders(): NonNullable<Controller['rawHeaders']> | null {
    return this.#response?.rawHeaders ?? null;
  }

  get rawTrailers(): NonNullable<Controller['rawTrailers']> | null {
    return this.#response?.rawTrailers ?? null;
  }

  abort(reason: Error): void {
    this.source.abort(reason);
    this.#response?.abort(reason);
  }

  pause(): void {
    this.#isPaused = true;
    this.#response?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#response?.resume();
  }

  receive(response: ResponseInProgress, handler: Handler): void {
    this.#response = response.controller;
    response.deliver(handler, this, () => this.end());
    // The abort may have come after the policy had the response.
    if (this.aborted) response.controller.abort(this.reason!);
  }

  /** The request has ended, so that nothing can abort it any more. */
  end(): void {
    this.#stopListening();
  }
}

/** The most that is read of a response that no caller gets, so that its connection can be used again. */
const maxDiscardedBytes = 64 * 1024;
const maxDiscardMs = 1_000;

type ResponseEvent = (receiver: Handler, by: Controller) => void;

/**
 * The handler of an attempt, and its response, whose body is paused until it is delivered or discarded.
 */
class ResponseInProgress implements Handler {
  /** Rejects when the attempt ends without a response. */
  readonly received: Promise<ResponseInProgress>;
  readonly #context: CallContext;
  readonly #resolve: (response: ResponseInProgress) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #stopListening: () => void;
  #controller: Controller | undefined;
  #statusCode = 0;
  #headers: Headers = {};
  #statusMessage: string | undefined;
  /** Events can occur while the response is paused, e.g. that its connection is broken. */
  readonly #waiting: ResponseEvent[] = [];
  #deliver: ((event: ResponseEvent) => void) | undefined;
  #onEnd: (() => void) | undefined;

  /** @param context its signal aborts the attempt until the response starts */
  constructor(context: CallContext) {
    const { promise, resolve, reject } = withResolvers<ResponseInProgress>();
    this.received = promise;
    this.#context = context;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#stopListening = whenAborted(context, (reason) => {
      this.#controller?.abort(reason as Error);
      reject(reason);
    });
  }

  /** Only after `received` has resolved. */
  get controller(): Controller {
    return this.#controller!;
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    const source = abortSourceOf(this.#context);
    if (source?.aborted === true) controller.abort(source.reason as Error);
  }

  onResponseStart(controller: Controller, statusCode: number, headers: Headers, statusMessage?: string): void {
    if (statusCode < 200) return;
    this.#stopListening();
    this.#controller = controller;
    this.#statusCode = statusCode;
    this.#headers = headers;
    this.#statusMessage = statusMessage;
    controller.pause();
    this.#resolve(this);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#pass((receiver, by) => receiver.onResponseData?.(by, chunk));
  }

  onResponseEnd(_controller: Controller, trailers: Headers): void {
    this.#pass((receiver, by) => {
      this.#onEnd?.();
      receiver.onResponseEnd?.(by, trailers);
    });
  }

  onResponseError(_controller: Controller | undefined, error: Error): void {
    this.#stopListening();
    this.#reject(error);
    this.#pass((receiver, by) => {
      this.#onEnd?.();
      receiver.onResponseError?.(by, error);
    });
  }

  /** By these, the classification judges the response. */
  get statusCode(): number {
    return this.#statusCode;
  }

  get headers(): Headers {
    return this.#headers;
  }

  /**
   * @param by what the receiver controls the response with
   * @param onEnd called before the receiver gets the end of the response, or its error
   */
  deliver(receiver: Handler, by: Controller, onEnd?: () => void): void {
    this.#onEnd = onEnd;
    receiver.onResponseStart?.(by, this.#statusCode, this.#headers, this.#statusMessage);
    this.#deliver = (event) => event(receiver, by);
    for (const event of this.#waiting.splice(0)) this.#deliver(event);
    if (!by.paused || by === this.controller) this.controller.resume();
  }

  #pass(event: ResponseEvent): void {
    if (this.#deliver === undefined) this.#waiting.push(event);
    else this.#deliver(event);
  }

  discard(): void {
    const stop = (): void => this.controller.abort(new Error('The response is not needed.'));
    const timer = setTimeout(stop, maxDiscardMs).unref();
    let length = 0;
    this.deliver(
      {
        onResponseData(_controller, chunk) {
          length += chunk.length;
          if (length > maxDiscardedBytes) stop();
        },
        onResponseEnd: () => clearTimeout(timer),
        onResponseError: () => clearTimeout(timer),
      },
      this.controller,
    );
  }
}

function discard(outcome: unknown): void {
  if (outcome instanceof ResponseInProgress) outcome.discard();
}

/** The URL of a request; `undefined` for one that undici itself reports as invalid. */
function urlOf({ origin, path }: Dispatcher.DispatchOptions): URL | undefined {
  // A path such as `//name` is not relative to the origin, but part of it.
  try {
    return new URL(path.startsWith('/') ? `${String(origin).replace(/\/$/, '')}${path}` : path);
  } catch {
    return undefined;
  }
}

function endpointOf(url: string): Pick<Dispatcher.DispatchOptions, 'origin' | 'path'> {
  const { origin, pathname, search } = new URL(url);
  return { origin, path: `${pathname}${search}` };
}

/** Whether a body is produced while it is sent. All other bodies can be sent again. */
function isStream(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return false;
  return Symbol.asyncIterator in body || 'pipe' in body || (Symbol.iterator in body && 'next' in body);
}

type GivenHeaders = Dispatcher.DispatchOptions['headers'];

/** Headers as an object; undici also accepts a list of names and values, and an iterable of pairs. */
function asObject(headers: GivenHeaders): Readonly<Record<string, string | string[] | undefined>> {
  if (headers === undefined || headers === null) return {};
  if (Array.isArray(headers)) {
    const pairs = headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]!] as const] : []));
    return fromPairs(pairs);
  }
  if (Symbol.iterator in headers) return fromPairs(headers as Iterable<[string, string | string[] | undefined]>);
  return headers;
}

/** Keeps all values of a name that occurs several times. */
function fromPairs(
  pairs: Iterable<readonly [string, string | string[] | undefined]>,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of pairs) {
    if (value === undefined) continue;
    const existing = headers[name];
    headers[name] = existing === undefined ? value : [existing, value].flat();
  }
  return headers;
}
