import type { Dispatcher } from 'undici';
import { LazyAbortController, whenAborted } from '../../core/policy.ts';
import { type Attempt, hasIdempotencyKey, HttpAdapter, type HttpAdapterOptions } from '../http/http-adapter.ts';

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
    const { method, origin, path, headers, body, upgrade } = given;
    if (origin === undefined || method === 'CONNECT' || typeof upgrade === 'string') return dispatch(given, handler);
    const url = new URL(path, origin);
    const caller = new CallerController();
    const send = (attempt: Attempt): Promise<ResponseInProgress> => {
      const { promise, handler: ofAttempt } = ResponseInProgress.await(attempt);
      const target = attempt.url === url.href ? {} : endpointOf(attempt.url);
      dispatch({ ...given, ...target, headers: withAdded(headers, attempt.headers) }, ofAttempt);
      return promise;
    };
    const request = {
      method,
      url,
      hasIdempotencyKey: hasIdempotencyKey(asObject(headers)),
      hasStreamBody: isStream(body),
      signal: caller.source,
    };
    handler.onRequestStart?.(caller, {});
    adapter.execute(request, { send, discard: (outcome) => discard(outcome) }).then(
      (response) => caller.receive(response, handler),
      (error: unknown) => handler.onResponseError?.(caller, error as Error),
    );
    return true;
  };
}

/** What the caller's handler controls: all attempts until a response is delivered, and then that response. */
class CallerController implements Controller {
  readonly source = new LazyAbortController();
  #response: Controller | undefined;
  #isPaused = false;

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
    response.deliver(handler, this);
  }
}

/** The most that is read of a response that no caller gets, so that its connection can be used again. */
const maxDiscardedBytes = 64 * 1024;
const maxDiscardMs = 1_000;

type ResponseEvent = (receiver: Handler, by: Controller) => void;

/** A response whose body is paused until it is delivered or discarded. */
class ResponseInProgress {
  readonly controller: Controller;
  readonly statusCode: number;
  readonly headers: Headers;
  readonly #statusMessage: string | undefined;
  /** Events can occur while the response is paused, e.g. that its connection is broken. */
  readonly #waiting: ResponseEvent[] = [];
  #deliver: ((event: ResponseEvent) => void) | undefined;

  private constructor(controller: Controller, statusCode: number, headers: Headers, statusMessage?: string) {
    this.controller = controller;
    this.statusCode = statusCode;
    this.headers = headers;
    this.#statusMessage = statusMessage;
    controller.pause();
  }

  /** The handler of an attempt, and its response. The promise rejects when the attempt ends without one. */
  static await({ context }: Attempt): { readonly promise: Promise<ResponseInProgress>; readonly handler: Handler } {
    let response: ResponseInProgress | undefined;
    let controller: Controller | undefined;
    let handler: Handler = {};
    const promise = new Promise<ResponseInProgress>((resolve, reject) => {
      const stopListening = whenAborted(context, (reason) => {
        controller?.abort(reason as Error);
        reject(reason);
      });
      handler = {
        onRequestStart(started) {
          controller = started;
          if (context.signal.aborted) started.abort(context.signal.reason as Error);
        },
        onResponseStart(_controller, statusCode, headers, statusMessage) {
          if (statusCode < 200) return;
          stopListening();
          response = new ResponseInProgress(controller!, statusCode, headers, statusMessage);
          resolve(response);
        },
        onResponseData: (_controller, chunk) => response?.pass((receiver, by) => receiver.onResponseData?.(by, chunk)),
        onResponseEnd: (_controller, trailers) =>
          response?.pass((receiver, by) => receiver.onResponseEnd?.(by, trailers)),
        onResponseError(_controller, error) {
          stopListening();
          reject(error);
          response?.pass((receiver, by) => receiver.onResponseError?.(by, error));
        },
      };
    });
    return { promise, handler };
  }

  /** @param by what the receiver controls the response with */
  deliver(receiver: Handler, by: Controller): void {
    receiver.onResponseStart?.(by, this.statusCode, this.headers, this.#statusMessage);
    this.#deliver = (event) => event(receiver, by);
    for (const event of this.#waiting.splice(0)) this.#deliver(event);
    if (!by.paused || by === this.controller) this.controller.resume();
  }

  pass(event: ResponseEvent): void {
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

function withAdded(
  headers: GivenHeaders,
  added: Readonly<Record<string, string>>,
): Record<string, string | string[] | undefined> {
  const all = asObject(headers);
  const kept = Object.entries(all).filter(([name]) => !(name.toLowerCase() in added));
  return { ...Object.fromEntries(kept), ...added };
}
