import type { CustomerPath, FindCustomer } from '@breakwater/contracts';
import { currentRequestId, requestIdHeader, traceHeaders } from '@breakwater/service-kit';
import { deadlineHeaders, type CallContext } from '@breakwater/resilience';
import { z } from 'zod';
import { CustomerUnavailableError } from './customer-unavailable.error.ts';
import { httpGet } from './http-get.ts';

type CustomerInContract = FindCustomer['responses'][200]['content']['application/json'];

/** As the contract has it, so that the compiler objects when customer moves it. */
const findCustomerPath = '/customers/{id}' satisfies CustomerPath;
/** No such customer; another status that says so would not be in the contract. */
const notFound = 404 satisfies keyof FindCustomer['responses'];

/** What account needs to know of customer's answer; more may be in it. */
export const customerSchema = z.object({ id: z.string(), status: z.string() });

/** A customer, as far as account is concerned. */
export type Customer = z.output<typeof customerSchema>;

/** Where customer is. */
export interface CustomerClientOptions {
  /** Base URLs; calls go round. At least one. */
  readonly urls: readonly string[];
}

/** Asks the customer service, over HTTP. How long an answer is waited for is up to the caller. */
export class CustomerClient {
  readonly #urls: readonly string[];
  #calls = 0;

  constructor({ urls }: CustomerClientOptions) {
    this.#urls = urls;
  }

  /**
   * @param context its signal gives the call up, and what it is aborted with is thrown; what is left until its deadline is
   * told to customer, which then doesn't work for nobody
   * @returns undefined when there is no such customer
   * @throws CustomerUnavailableError when customer cannot be reached or answers anything else
   */
  async findById(
    id: string,
    context: Partial<Pick<CallContext, 'signal' | 'deadline'>> = {},
  ): Promise<Customer | undefined> {
    const url = this.#nextUrl() + pathOf({ id });
    try {
      return await ask(url, deadlineHeaders(context.deadline), context);
    } catch (error) {
      context.signal?.throwIfAborted();
      if (error instanceof CustomerUnavailableError) throw error;
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

const pathOf = (parameters: FindCustomer['parameters']['path']): string =>
  findCustomerPath.replace('{id}', encodeURIComponent(parameters.id));

async function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  context: Partial<Pick<CallContext, 'signal'>>,
): Promise<Customer | undefined> {
  const requestId = currentRequestId();
  const { status, isOk, body } = await httpGet(
    url,
    {
      accept: 'application/json',
      ...headers,
      ...traceHeaders(),
      ...(requestId === undefined ? {} : { [requestIdHeader]: requestId }),
    },
    context,
  );
  if (isOk) return readCustomer(body);
  if (status === notFound) return undefined;
  throw new CustomerUnavailableError(`customer answered ${status}`);
}

function readCustomer(body: string): Customer {
  const promised = JSON.parse(body) as CustomerInContract;
  // Where the contract no longer promises what is read here, the compiler says so; where customer breaks it, the schema.
  const { data, error } = customerSchema.safeParse(promised satisfies z.input<typeof customerSchema>);
  if (data) return data;
  throw new CustomerUnavailableError(`customer answered what is no customer: ${z.prettifyError(error)}`);
}

/** Of several addresses that were tried in vain, the first says why. */
function reasonOf(error: unknown): string {
  const reason: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return reason instanceof Error ? reason.message : String(reason);
}
