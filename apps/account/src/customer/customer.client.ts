import type { CustomerPath, FindCustomer } from '@breakwater/contracts';
import { currentRequestId, requestIdHeader, traceHeaders } from '@breakwater/service-kit';
import { deadlineHeaders, whenAborted, type CallContext } from '@breakwater/resilience';
import { currentCallContext } from '@breakwater/resilience/nest';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

type CustomerInContract = FindCustomer['responses'][200]['content']['application/json'];

/** Typed by the contract: the compiler reports when customer changes it. */
const findCustomerPath = '/customers/{id}' satisfies CustomerPath;
const notFound = 404 satisfies keyof FindCustomer['responses'];
const gatewayTimeout = 504;

/** Customer's deadline is that of the call, less an allowance for the network: its 504 arrives shortly before. */
const deadlineToleranceMs = 100;

/** The part of customer's response that account needs. */
export const customerSchema = z.object({ id: z.string(), status: z.string() });

/** A customer, as far as account needs to know. */
export type Customer = z.output<typeof customerSchema>;

/** The customer service gave no valid response: it is unknown whether the customer exists. */
export class CustomerUnavailableError extends Error {
  override readonly name = 'CustomerUnavailableError';
}

/** Calls the customer service over HTTP. It has no time limit of its own: the caller's context has. */
export class CustomerClient {
  readonly #urls: readonly string[];
  #calls = 0;

  /** @param urls base URLs, at least one; calls go to each in turn */
  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  /**
   * @param context its signal aborts the request, and its deadline is passed on; default: that of the current call
   * @returns undefined when there is no such customer
   * @throws CustomerUnavailableError when customer cannot be reached or responds with anything else
   */
  async findById(
    id: string,
    context: Partial<Pick<CallContext, 'signal' | 'deadline'>> = currentCallContext(),
  ): Promise<Customer | undefined> {
    const requestId = currentRequestId();
    const headers = {
      accept: 'application/json',
      ...deadlineHeaders(context.deadline),
      ...traceHeaders(),
      ...(requestId === undefined ? {} : { [requestIdHeader]: requestId }),
    };
    try {
      const { status, body } = await httpGet(this.#nextUrl() + pathOf({ id }), headers, context);
      if (isSuccess(status)) return parseCustomer(body);
      if (status === notFound) return undefined;
      if (status === gatewayTimeout) await untilAborted(context);
      throw new CustomerUnavailableError(`customer responded with ${status}`);
    } catch (error) {
      context.signal?.throwIfAborted();
      if (error instanceof CustomerUnavailableError) throw error;
      throw new CustomerUnavailableError(`customer cannot be called: ${reasonOf(error)}`, { cause: error });
    }
  }

  #nextUrl(): string {
    const url = this.#urls[this.#calls % this.#urls.length];
    this.#calls += 1;
    if (url === undefined) throw new CustomerUnavailableError('no URL of customer is configured');
    return url;
  }
}

/**
 * Waits until the time limiter aborts the call, if that is near. Its reason states whose limit it was: a call that the
 * client's deadline cuts off is no failure of customer.
 */
async function untilAborted({ signal, deadline }: Partial<Pick<CallContext, 'signal' | 'deadline'>>): Promise<void> {
  if (signal === undefined || deadline === undefined || deadline.remainingRealMs > deadlineToleranceMs) return;
  await wait(2 * deadlineToleranceMs, undefined, { signal }).catch(() => {});
}

const pathOf = (parameters: FindCustomer['parameters']['path']): string =>
  findCustomerPath.replace('{id}', encodeURIComponent(parameters.id));

function parseCustomer(body: string): Customer {
  const promised = JSON.parse(body) as CustomerInContract;
  // The compiler checks the contract against what is read here; the schema checks the response.
  const { data, error } = customerSchema.safeParse(promised satisfies z.input<typeof customerSchema>);
  if (data) return data;
  throw new CustomerUnavailableError(`customer responded with an invalid customer: ${z.prettifyError(error)}`);
}

/** When several addresses were tried, the first error names the reason. */
function reasonOf(error: unknown): string {
  const reason: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return reason instanceof Error ? reason.message : String(reason);
}

/** Shorter than customer's SHUTDOWN_DELAY, for which a connection must be idle before a stopping replica closes it. */
const keepAliveMs = 2_000;
const http = { request: httpRequest, agent: new HttpAgent({ keepAlive: true, timeout: keepAliveMs }) };
const https = { request: httpsRequest, agent: new HttpsAgent({ keepAlive: true, timeout: keepAliveMs }) };

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/**
 * A GET over a kept connection, which follows no redirection. It takes less than half of the processor time of `fetch`
 * (docs/performance.md), because it needs neither web streams nor signals.
 *
 * @returns the body of a success; an empty one otherwise
 * @throws the reason of an abort, or the error of the connection
 */
function httpGet(
  url: string,
  headers: Readonly<Record<string, string>>,
  context: Partial<Pick<CallContext, 'signal'>>,
): Promise<{ readonly status: number; readonly body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: number; readonly body: string }>();
  const { request: send, agent } = url.startsWith('https:') ? https : http;
  const request = send(url, { agent, headers }, (response) => {
    const { statusCode: status = 0 } = response;
    if (isSuccess(status)) text(response).then((body) => resolve({ status, body }), reject);
    else {
      // An unread body would keep the connection from being used again.
      response.on('error', () => {}).resume();
      resolve({ status, body: '' });
    }
  });
  // Cheaper than a listener on the signal, which then is never created.
  const stopListening = whenAborted(context, (reason) => {
    reject(reason);
    request.destroy();
  });
  request.on('error', reject).end();
  return promise.finally(stopListening);
}
