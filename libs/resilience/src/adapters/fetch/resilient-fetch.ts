import { propertyOf } from '../../core/errors.ts';
import { signalOf } from '../../core/policy.ts';
import {
  type Attempt,
  eitherSignal,
  hasIdempotencyKey,
  HttpAdapter,
  type HttpAdapterOptions,
  withAdded,
} from '../http/http-adapter.ts';

/** The type of `fetch`. */
export type Fetch = typeof globalThis.fetch;

/** The options of `resilientFetch`. */
export interface ResilientFetchOptions extends HttpAdapterOptions {
  /** Makes the attempts, e.g. `fetch` of undici. The global `fetch` by default. */
  readonly fetch?: Fetch;
}

/**
 * Creates a function like `fetch` whose requests are protected by a policy, by default the standard pipeline of their
 * host. Attempts carry the remaining time (`x-request-timeout-ms`) and the trace.
 *
 * The policy protects a request until its response headers have arrived. The body streams as with `fetch`, and the
 * caller's signal aborts it too. The body of a response that is retried is cancelled. Nothing is buffered: a request whose
 * body is a stream, or a `Request` with a body, is sent once.
 *
 * Other URLs than those of HTTP go to `fetch` without protection.
 *
 * @returns a function that, in addition to the errors of `fetch`, throws the ResilienceErrors of the policy; as with
 *   `fetch`, a response with an error status is no error
 * @example
 * const fetch = resilientFetch();
 * const response = await fetch('https://api.example.com/payments', {
 *   method: 'POST',
 *   headers: { 'idempotency-key': paymentId },
 *   body: JSON.stringify(payment),
 * });
 */
export function resilientFetch(options: ResilientFetchOptions = {}): Fetch {
  const adapter = new HttpAdapter(options);
  const send: Fetch = (...args) => (options.fetch ?? globalThis.fetch)(...args);
  return (input, init) => {
    const given = isRequest(input) ? input : undefined;
    const url = httpUrlOf(isRequest(input) ? input.url : String(input));
    if (url === undefined) return send(input, init);
    const method = (init?.method ?? given?.method ?? 'GET').toUpperCase();
    const headers = init?.headers ?? given?.headers;
    const around = adapter.context();
    const ofCaller = init?.signal === undefined ? given?.signal : init.signal;
    const signal = eitherSignal(ofCaller ?? undefined, signalOf(around));
    const attempt = ({ context, url: target, headers: added }: Attempt): Promise<Response> => {
      return send(given === undefined ? target : requestAt(target, given), {
        ...init,
        headers: headersWith(headers, added),
        // A policy forgets the caller when it has the response. The caller can still abort its body.
        signal: eitherSignal(context.signal, signal),
      });
    };
    const request = {
      method,
      url,
      hasIdempotencyKey: hasIdempotencyKey(Array.isArray(headers) ? new Headers(headers) : headers),
      hasStreamBody: isStream(init?.body ?? given?.body),
      signal,
    };
    return adapter.execute(request, around, { send: attempt, discard });
  };
}

/** Whether an input is a `Request`, also one of another implementation than the global one, such as the package undici. */
function isRequest(input: Parameters<Fetch>[0]): input is Request {
  return typeof input === 'object' && 'url' in input && 'method' in input;
}

/** The same request at another URL. */
function requestAt(target: string, given: Request): Request {
  return target === given.url ? given : new (given.constructor as typeof Request)(target, given);
}

/** A URL of HTTP; `undefined` for other protocols and invalid URLs, which `fetch` itself reports. */
function httpUrlOf(given: string): URL | undefined {
  try {
    const url = new URL(given);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
  } catch {
    return undefined;
  }
}

type GivenHeaders = NonNullable<RequestInit['headers']>;

function headersWith(headers: RequestInit['headers'], added: Readonly<Record<string, string>>): GivenHeaders {
  if (headers === undefined || isRecord(headers)) return withAdded(headers ?? {}, added);
  const all = new Headers(headers);
  for (const [name, value] of Object.entries(added)) all.set(name, value);
  return all;
}

/** Whether a body is produced while it is sent. All other bodies can be sent again. */
function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && (body instanceof ReadableStream || Symbol.asyncIterator in body);
}

function isRecord(headers: GivenHeaders): headers is Record<string, string> {
  return !(Symbol.iterator in headers);
}

/** The response may be one of another implementation than the global `Response`. */
function discard(outcome: unknown): void {
  const body = propertyOf(outcome, 'body') as Partial<ReadableStream> | null | undefined;
  // A body that is locked or broken has no connection to release.
  body?.cancel?.().catch(() => {});
}
