import { pipeline, type Deadline } from '@breakwater/resilience';
import { currentCallContext } from '@breakwater/resilience/nest';
import { resilienceInterceptor } from '@breakwater/resilience/undici';
import { Agent, errors, request, type Dispatcher } from 'undici';

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
  const response = await request(url, { dispatcher, headers });
  const { statusCode: status } = response;
  const mediaType = mediaTypeOf(response);
  if (readsBodyOf.includes(status)) return { status, mediaType, body: await readBody(response) };
  discard(response, deadline);
  return { status, mediaType, body: '' };
}

function mediaTypeOf({ headers }: Dispatcher.ResponseData): string {
  const [mediaType = ''] = String(headers['content-type'] ?? '').split(';', 1);
  return mediaType.trim().toLowerCase();
}

/** @throws an error when the body is too large or incomplete, or when the call is aborted; the connection is destroyed */
async function readBody({ body }: Dispatcher.ResponseData): Promise<string> {
  try {
    return await body.text();
  } catch (error) {
    if (!(error instanceof errors.ResponseExceededMaxSizeError)) throw error;
    throw new Error(`the response is larger than ${maxBodyBytes} bytes`, { cause: error });
  }
}

/** Reads a body that is not needed, so that its connection can be used again. */
function discard({ body }: Dispatcher.ResponseData, deadline: Deadline | undefined): void {
  const limitMs = Math.min(discardMs, deadline?.remainingRealMs ?? discardMs);
  body.dump({ limit: maxBodyBytes, signal: AbortSignal.timeout(Math.ceil(limitMs)) }).catch(() => {});
}
