import { request as requestByHttp, type IncomingMessage } from 'node:http';
import { request as requestByHttps } from 'node:https';

/** What was answered. The body is read where the status says that all is well, and left alone otherwise. */
export interface HttpAnswer {
  readonly status: number;
  readonly isOk: boolean;
  /** Empty where all is not well. */
  readonly body: string;
}

/**
 * A GET over connections that are kept. It does what `fetch` would do here, for less than half of the processor time
 * (docs/performance.md): there are no streams of the web to be made, and no second signal for the one that is given. It follows
 * no redirection.
 *
 * @param signal gives the request up
 * @throws the signal's reason, or what became of the connection
 */
export function httpGet(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  if (signal?.aborted) {
    reject(signal.reason);
    return promise;
  }
  const request = url.startsWith('https:') ? requestByHttps : requestByHttp;
  const asked = request(url, { headers }, (response) => {
    const { statusCode: status = 0 } = response;
    if (status >= 200 && status < 300) readAll(response, (body) => end({ status, isOk: true, body }), fail);
    else {
      // A body that nobody reads would keep the connection from being used again.
      response.on('error', () => {}).resume();
      end({ status, isOk: false, body: '' });
    }
  });

  const onAbort = (): void => {
    fail(signal?.reason);
    asked.destroy();
  };
  const end = (answer: HttpAnswer): void => {
    signal?.removeEventListener('abort', onAbort);
    resolve(answer);
  };
  const fail = (error: unknown): void => {
    signal?.removeEventListener('abort', onAbort);
    reject(error);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  asked.on('error', fail);
  asked.end();
  return promise;
}

function readAll(response: IncomingMessage, done: (text: string) => void, failed: (error: unknown) => void): void {
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (part: string) => (text += part));
  response.on('end', () => done(text));
  response.on('error', failed);
}
