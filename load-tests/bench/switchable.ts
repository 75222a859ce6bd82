/**
 * Loaded before account's own code (`--import`), it takes away all that protects account from customer, or gives it back, and
 * leaves all else: logs, metrics, validation and transactions. Without it customer is asked, and that is all: no policies and no
 * events, so nothing for telemetry to count; no signal and no deadline.
 *
 * A request to `/protected` or `/unprotected` on its own port selects the arm. Both arms run in one process, because two
 * processes with the same code differ by more than the measured effect.
 */
import { createServer } from 'node:http';
import type { Arm } from './environment.ts';

const compiled = new URL('../../apps/account/dist/', import.meta.url);

/** What is replaced; private to TypeScript only, and changed only along with this file: it would be missed at once. */
interface Directory {
  readonly client: { findById(id: string): Promise<object | undefined> };
  verify: (this: Directory, customerId: string) => Promise<object>;
}
interface Deadlines {
  begin: (this: Deadlines, next: () => void) => void;
}

let arm: Arm = 'protected';

const { CustomerDirectory } = (await import(new URL('customer/customer-directory.js', compiled).href)) as {
  CustomerDirectory: { readonly prototype: Directory };
};
const { verify } = CustomerDirectory.prototype;
CustomerDirectory.prototype.verify = function (customerId) {
  return arm === 'protected' ? verify.call(this, customerId) : ask(this.client, customerId);
};

async function ask(client: Directory['client'], customerId: string): Promise<object> {
  const customer = await client.findById(customerId);
  if (customer === undefined) return { verdict: 'unknown' };
  return { verdict: 'exists', verifiedAt: new Date(), verifiedBy: 'CUSTOMER' };
}

const { RequestDeadlines } = (await import(new URL('deadline/request-deadlines.js', compiled).href)) as {
  RequestDeadlines: { readonly prototype: Deadlines };
};
const { begin } = RequestDeadlines.prototype;
RequestDeadlines.prototype.begin = function (next) {
  if (arm === 'protected') begin.call(this, next);
  else next();
};

createServer((request, response) => {
  arm = request.url === '/protected' ? 'protected' : 'unprotected';
  response.end();
})
  .listen(Number(process.env['BENCH_SWITCH_PORT']), process.env['HOST'])
  .unref();
