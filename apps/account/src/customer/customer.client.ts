import type { CustomerPath, FindCustomer } from '@breakwater/contracts';
import { withoutSecrets } from '@breakwater/contracts/without-secrets';
import { currentRequestId, inClientSpan, problemType, requestIdHeader } from '@breakwater/service-kit';
import type { CallContext } from '@breakwater/resilience';
import { currentCallContext } from '@breakwater/resilience/nest';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { httpGet, type HttpResponse } from './customer.http.ts';

type CustomerInContract = FindCustomer['responses'][200]['content']['application/json'];

/** Typed by the contract: the compiler reports when customer changes it. */
const findCustomerPath = '/customers/{id}' satisfies CustomerPath;
const found = 200 satisfies keyof FindCustomer['responses'];
const notFound = 404 satisfies keyof FindCustomer['responses'];
const gatewayTimeout = 504;

/** How a span shows the call. */
const findCustomer = { method: 'GET', template: findCustomerPath, expects: [found, notFound] } as const;

/** Customer's deadline is that of the call, less an allowance for the network: its 504 arrives shortly before. */
const deadlineToleranceMs = 100;

/** The part of customer's response that account needs. */
export const customerSchema = z.object({ id: z.string(), status: z.enum(['ACTIVE', 'CLOSED']) });

/** A 404 means "no such customer" only as a problem of this type: a proxy, or a wrong path, has another 404. */
const customerNotFound = z.object({ type: z.literal(problemType('customer-not-found')) });

/** A customer, as far as account needs to know. */
export type Customer = z.output<typeof customerSchema>;

/** The customer service gave no valid response: it is unknown whether the customer exists. */
export class CustomerUnavailableError extends Error {
  override readonly name = 'CustomerUnavailableError';
}

/** Where requests go whose call names an endpoint: the adapter replaces this origin by the endpoint. */
const originOfAnyEndpoint = 'http://customer';

/** Calls the customer service over HTTP. It has no time limit of its own: the current call has (`currentCallContext`). */
export class CustomerClient {
  readonly #url: string;

  /** @param url the base URL of calls without an endpoint, which no endpoint pool is around */
  constructor(url: string) {
    this.#url = url;
  }

  /**
   * @returns undefined when customer responds that there is no such customer
   * @throws CustomerUnavailableError when customer cannot be reached or responds with anything else, such as another
   *   customer, a 404 that is no `customer-not-found`, or more than 64 kB
   */
  async findById(id: string): Promise<Customer | undefined> {
    const context = currentCallContext();
    const requestId = currentRequestId();
    const headers = {
      accept: 'application/json',
      ...(requestId === undefined ? {} : { [requestIdHeader]: requestId }),
    };
    try {
      const base = context.endpoint === undefined ? this.#url : originOfAnyEndpoint;
      const call = { ...findCustomer, url: context.endpoint?.url ?? this.#url, attempt: context.attempt };
      const response = await inClientSpan(call, () =>
        httpGet(base + pathOf({ id }), { headers, readsBodyOf: findCustomer.expects }),
      );
      if (response.status === found) return parseCustomer(id, response);
      if (response.status === notFound) return expectCustomerNotFound(response);
      if (response.status === gatewayTimeout) await untilAborted(context);
      throw new CustomerUnavailableError(`customer responded with ${response.status}`);
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof CustomerUnavailableError) throw error;
      throw new CustomerUnavailableError(`customer cannot be called: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/**
 * Waits until the time limiter aborts the call, if that is near. Its reason states whose limit it was: a call that the
 * client's deadline cuts off is no failure of customer.
 */
async function untilAborted({ signal, deadline }: CallContext): Promise<void> {
  if (deadline === undefined || deadline.remainingRealMs > deadlineToleranceMs) return;
  await wait(2 * deadlineToleranceMs, undefined, { signal }).catch(() => {});
}

const pathOf = (parameters: FindCustomer['parameters']['path']): string =>
  findCustomerPath.replace('{id}', encodeURIComponent(parameters.id));

function parseCustomer(id: string, { mediaType, body }: HttpResponse): Customer {
  if (mediaType !== 'application/json') throw invalid(`its media type is '${mediaType}', not 'application/json'`);
  const promised = parseJson(body) as CustomerInContract;
  // The compiler checks the contract against what is read here; the schema checks the response.
  const { data, error } = customerSchema.safeParse(promised satisfies z.input<typeof customerSchema>);
  if (!data) throw invalid(z.prettifyError(error));
  if (data.id !== id) throw invalid('its id is not the requested one');
  return data;
}

/** The parser's own error has an excerpt of the body, which belongs in no log and in no span. */
function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new CustomerUnavailableError('customer responded with a body that is not JSON');
  }
}

const invalid = (reason: string) =>
  new CustomerUnavailableError(`customer responded with an invalid customer: ${reason}`);

function expectCustomerNotFound({ mediaType, body }: HttpResponse): undefined {
  const isProblem = mediaType === 'application/problem+json';
  if (isProblem && customerNotFound.safeParse(parseJson(body)).success) return;
  throw new CustomerUnavailableError(
    `customer responded with 404 and media type '${mediaType}', not with a problem of type ` +
      `${problemType('customer-not-found')}: check the path in CUSTOMER_URL, and proxies in front of customer`,
  );
}

/** When several addresses were tried, the first error names the reason. */
function reasonOf(error: unknown): string {
  const reason: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return withoutSecrets(reason instanceof Error ? reason.message : String(reason));
}
