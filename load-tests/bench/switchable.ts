/**
 * Loaded before account's own code (`--import`), it takes away all that protects account from customer, and leaves all else: the
 * same process, logs, metrics, validation and transactions. Customer is asked, and that is all: no policies and no events, so
 * nothing for telemetry to count; no signal and no deadline.
 */
const compiled = new URL('../../apps/account/dist/', import.meta.url);

/** What is replaced; private to TypeScript only, and changed only along with this file: it would be missed at once. */
interface Directory {
  readonly client: { findById(id: string): Promise<object | undefined> };
  verify(this: Directory, customerId: string): Promise<object>;
}
interface Interceptor {
  intercept(execution: unknown, next: { handle(): unknown }): unknown;
}

const { CustomerDirectory } = (await import(new URL('customer/customer-directory.js', compiled).href)) as {
  CustomerDirectory: { readonly prototype: Directory };
};
CustomerDirectory.prototype.verify = async function (customerId) {
  const customer = await this.client.findById(customerId);
  if (customer === undefined) return { verdict: 'unknown' };
  return { verdict: 'exists', verifiedAt: new Date(), verifiedBy: 'CUSTOMER' };
};

const { RequestDeadlineInterceptor } = (await import(
  new URL('deadline/request-deadline.interceptor.js', compiled).href
)) as { RequestDeadlineInterceptor: { readonly prototype: Interceptor } };
RequestDeadlineInterceptor.prototype.intercept = (_, next) => next.handle();
