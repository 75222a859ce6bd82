import { HttpAdapter, type HttpAdapterOptions, type Attempt, hasIdempotencyKey } from '../http/http-adapter.ts';

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
    const url = httpUrlOf(input);
    if (url === undefined) return send(input, init);
    const given = input instanceof Request ? input : undefined;
    const method = (init?.method ?? given?.method ?? 'GET').toUpperCase();
    const headers = init?.headers ?? given?.headers;
    const signal = init?.signal ?? given?.signal;
    const attempt = ({ context, url: target, headers: added }: Attempt): Promise<Response> => {
      const signals = signal == null || signal === context.signal ? [context.signal] : [context.signal, signal];
      return send(given === undefined ? target : target === given.url ? given : new Request(target, given), {
        ...init,
        headers: withAdded(headers, added),
        // A policy forgets the caller when it has the response. The caller can still abort its body.
        signal: signals.length === 1 ? context.signal : AbortSignal.any(signals),
      });
    };
    const request = {
      method,
      url,
      hasIdempotencyKey: hasIdempotencyKey(Array.isArray(headers) ? new Headers(headers) : headers),
      hasStreamBody: isStream(init?.body ?? given?.body),
      signal: signal ?? undefined,
    };
    return adapter.execute(request, { send: attempt, discard });
  };
}

/** The URL of a request; `undefined` for other protocols and invalid URLs, which `fetch` itself reports. */
function httpUrlOf(input: Parameters<Fetch>[0]): URL | undefined {
  try {
    const url = input instanceof URL ? input : new URL(typeof input === 'string' ? input : input.url);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
  } catch {
    return undefined;
  }
}

function withAdded(headers: RequestInit['headers'], added: Readonly<Record<string, string>>): Headers {
  const all = new Headers(headers);
  for (const [name, value] of Object.entries(added)) all.set(name, value);
  return all;
}

/** Whether a body is produced while it is sent. All other bodies can be sent again. */
function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && (body instanceof ReadableStream || Symbol.asyncIterator in body);
}

function discard(outcome: unknown): void {
  // A body that is locked or broken has no connection to release.
  if (outcome instanceof Response) outcome.body?.cancel().catch(() => {});
}
