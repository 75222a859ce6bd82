import { whenAborted, type CallContext } from '@breakwater/resilience';
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
 * @param context gives the request up
 * @throws what it was given up with, or what became of the connection
 */
export function httpGet(
  url: string,
  headers: Readonly<Record<string, string>>,
  context: Partial<Pick<CallContext, 'signal'>>,
): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
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
  // Cheaper than a listener to the signal, of which there then is none.
  const stopListening = whenAborted(context, (reason) => {
    reject(reason);
    asked.destroy();
  });

  const end = (answer: HttpAnswer): void => {
    stopListening();
    resolve(answer);
  };
  const fail = (error: unknown): void => {
    stopListening();
    reject(error);
  };
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
