import { whenAborted, type CallContext } from '@breakwater/resilience';
import { Agent as HttpAgent, request as requestByHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestByHttps } from 'node:https';

/** Shorter than customer's SHUTDOWN_DELAY, for which a connection must have been quiet before an ending replica closes it. */
const keptIdleMs = 2_000;
const byHttp = { request: requestByHttp, agent: new HttpAgent({ keepAlive: true, timeout: keptIdleMs }) };
const byHttps = { request: requestByHttps, agent: new HttpsAgent({ keepAlive: true, timeout: keptIdleMs }) };

/** What was answered. The body is read where the status says that all is well, and left alone otherwise. */
export interface HttpAnswer {
  readonly status: number;
  readonly isOk: boolean;
  /** Empty where all is not well. */
  readonly body: string;
}

/**
 * A GET over connections that are kept. It does what `fetch` would do here, for less than half of the processor time
 * (docs/performance.md): there are no streams of the web to be made, and no signals. It follows no redirection.
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
  const { request, agent } = url.startsWith('https:') ? byHttps : byHttp;
  const asked = request(url, { agent, headers }, (response) => {
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
