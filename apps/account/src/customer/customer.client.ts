import { currentRequestId, requestIdHeader } from '@breakwater/chassis';
import { z } from 'zod';
import { CustomerUnavailableError } from './customer-unavailable.error.ts';

/** What account needs to know of customer's answer; more may be in it. */
const customerSchema = z.object({ id: z.string(), status: z.string() });

/** A customer, as far as account is concerned. */
export type Customer = z.output<typeof customerSchema>;

/** Where customer is and how long an answer is waited for. */
export interface CustomerClientOptions {
  /** Base URLs; calls go round. At least one. */
  readonly urls: readonly string[];
  readonly timeoutMs: number;
}

/** Asks the customer service, over HTTP. */
export class CustomerClient {
  readonly #urls: readonly string[];
  readonly #timeoutMs: number;
  #calls = 0;

  constructor({ urls, timeoutMs }: CustomerClientOptions) {
    this.#urls = urls;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * @param signal gives the call up; what it is aborted with is thrown
   * @returns undefined when there is no such customer
   * @throws CustomerUnavailableError when customer cannot be reached, doesn't answer in time or answers anything else
   */
  async findById(id: string, signal?: AbortSignal): Promise<Customer | undefined> {
    const url = `${this.#nextUrl()}/customers/${encodeURIComponent(id)}`;
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    try {
      return await ask(url, signal ? AbortSignal.any([signal, timeout]) : timeout);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CustomerUnavailableError) throw error;
      if (timeout.aborted) {
        throw new CustomerUnavailableError(`customer did not answer within ${this.#timeoutMs} ms`, { cause: error });
      }
      throw new CustomerUnavailableError(`customer cannot be asked: ${reasonOf(error)}`, { cause: error });
    }
  }

  #nextUrl(): string {
    const url = this.#urls[this.#calls % this.#urls.length];
    this.#calls += 1;
    if (url === undefined) throw new CustomerUnavailableError('no URL of customer is known');
    return url;
  }
}

async function ask(url: string, signal: AbortSignal): Promise<Customer | undefined> {
  const requestId = currentRequestId();
  const response = await fetch(url, {
    headers: { accept: 'application/json', ...(requestId === undefined ? {} : { [requestIdHeader]: requestId }) },
    redirect: 'error',
    signal,
  });
  if (response.ok) return readCustomer(response);

  // A body that nobody reads keeps the connection from being used again.
  await response.body?.cancel();
  if (response.status === 404) return undefined;
  throw new CustomerUnavailableError(`customer answered ${response.status}`);
}

async function readCustomer(response: Response): Promise<Customer> {
  const { data, error } = customerSchema.safeParse(await response.json());
  if (data) return data;
  throw new CustomerUnavailableError(`customer answered what is no customer: ${z.prettifyError(error)}`);
}

/** `fetch` says no more than "fetch failed"; why is in its cause. */
function reasonOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : {};
  const reason = cause instanceof AggregateError ? cause.errors[0] : (cause ?? error);
  return reason instanceof Error ? reason.message : String(reason);
}
