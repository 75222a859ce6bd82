import axios, {
  type AxiosAdapter,
  AxiosHeaders,
  type AxiosInstance,
  CanceledError,
  type GenericAbortSignal,
  type InternalAxiosRequestConfig,
} from 'axios';
import { signalOf } from '../../core/policy.ts';
import {
  type Attempt,
  eitherSignal,
  hasIdempotencyKey,
  HttpAdapter,
  type HttpAdapterOptions,
} from '../http/http-adapter.ts';

/**
 * Protects all requests of an axios instance by a policy, by default the standard pipeline of their host. Interceptors,
 * `validateStatus` and transformations work as before: the policy is around the adapter of the instance, and retries
 * neither of them. Attempts carry the remaining time (`x-request-timeout-ms`) and the trace.
 *
 * An abort by `signal` or `cancelToken` ends the connection, also while a response is streamed. A request whose body is a
 * stream, such as one of the package form-data, is sent once. Requests with an `adapter` of their own are not protected.
 *
 * @returns the instance; its requests also throw the ResilienceErrors of the policy
 * @example
 * const payments = protectAxios(axios.create({ baseURL: 'https://api.example.com' }));
 * await payments.post('/payments', payment, { headers: { 'idempotency-key': paymentId } });
 */
export function protectAxios<I extends Pick<AxiosInstance, 'defaults'>>(
  instance: I,
  options: HttpAdapterOptions = {},
): I {
  const adapter = new HttpAdapter(options);
  const { adapter: unprotected } = instance.defaults;
  instance.defaults.adapter = async (config) => {
    // axios chooses an adapter by the environment of the request.
    const getAdapter = axios.getAdapter as (adapters: unknown, config: InternalAxiosRequestConfig) => AxiosAdapter;
    const send = getAdapter(unprotected, config);
    const url = httpUrlOf(config);
    if (url === undefined) return send(config);
    const around = adapter.context();
    const caller = callerOf(config);
    const signal = eitherSignal(caller.signal, signalOf(around));
    const attempt = ({ context, url: target, headers }: Attempt): ReturnType<AxiosAdapter> => {
      // A policy forgets the caller when it has the response. The caller can still abort a body that is streamed.
      const own = { headers: headersWith(config.headers, headers), signal: eitherSignal(context.signal, signal) };
      return send({ ...config, ...own, ...(target === url.href ? {} : { url: target, baseURL: '' }) });
    };
    try {
      const { method = 'get', headers, data } = config;
      return await adapter.execute(
        {
          method: method.toUpperCase(),
          url,
          hasIdempotencyKey: hasIdempotencyKey(headers),
          hasStreamBody: isStream(data),
          signal,
        },
        around,
        { send: attempt, discard },
      );
    } catch (error) {
      // axios reports every abort by the caller so.
      if (caller.signal?.aborted === true && !axios.isCancel(error)) throw new CanceledError(undefined, config);
      throw error;
    } finally {
      caller.stopListening();
    }
  };
  return instance;
}

/** A copy with further headers, which replace those of the same name. `concat` of axios would parse all of them again. */
function headersWith(given: AxiosHeaders, added: Attempt['headers']): AxiosHeaders {
  const headers = Object.assign(new AxiosHeaders(), given);
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  return headers;
}

/** The URL of a request without its `params`; `undefined` for other protocols and invalid URLs, which axios reports. */
function httpUrlOf({ url = '', baseURL = '', allowAbsoluteUrls = true }: InternalAxiosRequestConfig): URL | undefined {
  const isAbsolute = /^([a-z][a-z\d+\-.]*:)?\/\//i.test(url);
  const isWhole = baseURL === '' || (isAbsolute && allowAbsoluteUrls);
  const slash = url === '' ? '' : '/';
  try {
    const whole = new URL(isWhole ? url : `${baseURL.replace(/\/+$/, '')}${slash}${url.replace(/^\/+/, '')}`);
    return whole.protocol === 'http:' || whole.protocol === 'https:' ? whole : undefined;
  } catch {
    return undefined;
  }
}

interface Caller {
  readonly signal: AbortSignal | undefined;
  stopListening(): void;
}

/** The signal that the caller's `signal` and `cancelToken` abort. */
function callerOf({ signal, cancelToken }: InternalAxiosRequestConfig): Caller {
  const own = signal && nativeSignalOf(signal);
  if (cancelToken === undefined) return { signal: own, stopListening() {} };
  // The types of axios omit these methods.
  const token = cancelToken as typeof cancelToken & Record<'subscribe' | 'unsubscribe', (listener: Listener) => void>;
  const controller = new AbortController();
  const listener: Listener = (reason) => controller.abort(reason);
  token.subscribe(listener);
  return {
    signal: own === undefined ? controller.signal : AbortSignal.any([own, controller.signal]),
    stopListening: () => token.unsubscribe(listener),
  };
}

type Listener = (reason: unknown) => void;

/** axios also accepts signals of other implementations, such as the package abort-controller. */
function nativeSignalOf(signal: GenericAbortSignal): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const controller = new AbortController();
  if (signal.aborted) controller.abort();
  else signal.addEventListener?.('abort', () => controller.abort());
  return controller.signal;
}

/** Whether a body is produced while it is sent. All other bodies can be sent again. */
function isStream(data: unknown): boolean {
  return (
    typeof data === 'object' &&
    data !== null &&
    (Symbol.asyncIterator in data || ('pipe' in data && typeof data.pipe === 'function'))
  );
}

/** Ends the connection of a response with `responseType: 'stream'`. axios has read all other responses. */
function discard(outcome: unknown): void {
  const response = axios.isAxiosError(outcome) ? outcome.response : outcome;
  const { data } = (response ?? {}) as { readonly data?: { destroy?(): void; cancel?(): unknown } };
  data?.destroy?.();
  if (data instanceof ReadableStream) data.cancel().catch(() => {});
}
