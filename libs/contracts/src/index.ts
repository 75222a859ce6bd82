import type { operations as AccountOperations } from './account.contract.ts';
import type { operations as CustomerOperations, paths as CustomerPaths } from './customer.contract.ts';

interface WithJsonBody {
  readonly requestBody: { readonly content: { readonly 'application/json': unknown } };
}

type BodyOf<Operation extends WithJsonBody> = Operation['requestBody']['content']['application/json'];

/** The body of `POST /accounts` (account). */
export type CreateAccount = BodyOf<AccountOperations['openAccount']>;

/** The body of `POST /experiments/customer-lookups` (account). */
export type CustomerLookups = BodyOf<AccountOperations['lookUpCustomers']>;

/** A path of customer's API, with its parameters in braces. */
export type CustomerPath = keyof CustomerPaths;

/** The operation `GET /customers/{id}` (customer). */
export type FindCustomer = CustomerOperations['findCustomer'];

/** The body of `PUT /faults` (customer): the faults of one replica. */
export type Faults = BodyOf<CustomerOperations['replaceFaults']>;

/** The body of `PUT /faults/timeline` (customer): faults that change over time. */
export type FaultTimeline = BodyOf<CustomerOperations['playTimeline']>;
