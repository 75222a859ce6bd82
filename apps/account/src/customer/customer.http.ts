import { pipeline, type Deadline } from '@breakwater/resilience';
import { currentCallContext } from '@breakwater/resilience/nest';
import { resilienceInterceptor } from '@breakwater/resilience/undici';
import { Agent, errors, type Dispatcher } from 'undici';

/** The most that is read of a body: a hundred times the length of a customer. */
const maxBodyBytes = 64 * 1024;

/** The longest wait for the end of a body that is not needed. It usually arrives together with the status. */
const discardMs = 1_000;

/** Shorter than customer's SHUTDOWN_DELAY, for which a connection must be idle before a stopping replica closes it. */
const keepAliveMs = 2_000;

/** An address may stand for several replicas, which a load balancer chooses by connection: no connection stays with one. */
const connectionMs = 10_000;

const agent = new Agent({
  maxResponseSize: maxBodyBytes,
  keepAliveTimeout: keepAliveMs,
  keepAliveMaxTimeout: keepAliveMs,
  clientTtl: connectionMs,
});

/** For second attempts, each of which takes a new connection: that of the first may lead to the replica that failed. */
const newConnections = new Agent({ maxResponseSize: maxBodyBytes, pipelining: 0 });

/**
 * Requests belong to the current call: they pass on its deadline and its trace, go to its endpoint and end when it is aborted. The
 * policies of the call are around it, in the pipelines of `resilience.yml`, so that none are here.
 */
const inCurrentCall = resilienceInterceptor({
  policy: pipeline('customer', []),
  context: currentCallContext,
});
const firstAttempts = agent.compose(inCurrentCall);
const laterAttempts = newConnections.compose(inCurrentCall);

/** A response whose body has been read. */
export interface HttpResponse {
  readonly status: number;
  /** In lower case and without parameters; empty when the response has none. */
  readonly mediaType: string;
  /** Empty when the status is none of those whose bodies are read. */
  readonly body: string;
}

export interface HttpGetOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** The statuses whose bodies are read. The bodies of all others are discarded. */
  readonly readsBodyOf: readonly number[];
}

/**
 * A GET in the current call, over a kept connection, which follows no redirection.
 *
 * The server decides neither how long a response lasts nor how much memory it takes: a connection whose body exceeds
 * 64 kB or does not end in time is destroyed, also after the caller has its result.
 *
 * @throws the reason of an abort, or the error of the connection
 */
export async function httpGet(url: string, { headers, readsBodyOf }: HttpGetOptions): Promise<HttpResponse> {
  const { deadline, attempt } = currentCallContext();
  const dispatcher = attempt === 1 ? firstAttempts : laterAttempts;
  const { origin, pathname, search } = new URL(url);
  const reader = new ResponseReader(readsBodyOf, deadline);
  dispatcher.dispatch({ origin, path: `${pathname}${search}`, method: 'GET', headers }, reader);
  return reader.response;
}

type Controller = Dispatcher.DispatchController;
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

const utf8 = new TextDecoder();

/** Receives a response without a stream: a customer arrives in one piece. */
class ResponseReader implements Dispatcher.DispatchHandler {
  /** Rejects when the body is too large or incomplete, or when the call is aborted; the connection is destroyed. */
  readonly response: Promise<HttpResponse>;
  readonly #readsBodyOf: readonly number[];
  readonly #deadline: Deadline | undefined;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #mediaType = '';
  /** Ends a response whose body is not needed. */
  #timer: NodeJS.Timeout | undefined;

  constructor(readsBodyOf: readonly number[], deadline: Deadline | undefined) {
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
    this.response = promise;
    this.#readsBodyOf = readsBodyOf;
    this.#deadline = deadline;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  // undici recognizes a handler by this method.
  onRequestStart(): void {}

  onResponseStart(controller: Controller, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#status = status;
    this.#mediaType = mediaTypeOf(headers);
    if (this.#readsBodyOf.includes(status)) return;
    this.#resolve({ status, mediaType: this.#mediaType, body: '' });
    // The rest is read all the same, so that the connection can be used again.
    const limitMs = Math.min(discardMs, this.#deadline?.remainingRealMs ?? discardMs);
    this.#timer = setTimeout(() => controller.abort(new Error('The body is not needed.')), Math.ceil(limitMs)).unref();
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#timer === undefined) this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#timer);
    const body = utf8.decode(this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks));
    this.#resolve({ status: this.#status, mediaType: this.#mediaType, body });
  }

  onResponseError(_controller: Controller | undefined, error: Error): void {
    clearTimeout(this.#timer);
    const isTooLarge = error instanceof errors.ResponseExceededMaxSizeError;
    this.#reject(isTooLarge ? new Error(`the response is larger than ${maxBodyBytes} bytes`, { cause: error }) : error);
  }
}

function mediaTypeOf(headers: Headers): string {
  const [mediaType = ''] = String(headers['content-type'] ?? '').split(';', 1);
  return mediaType.trim().toLowerCase();
}
