/* Generated from apps/account/openapi.json by `npm run generate contracts`. Do not edit. */

export interface paths {
  readonly '/accounts': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Opens an account */
    readonly post: operations['openAccount'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/experiments/customer-lookups': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Looks a customer up repeatedly through a circuit breaker */
    readonly post: operations['lookUpCustomers'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: never;
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  readonly openAccount: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': {
          /** @description ISO 4217, such as EUR. */
          readonly currency: string;
          /** @description The owner of the account. */
          readonly customerId: string;
          /** @description A name that the owner chooses. */
          readonly label?: string;
        };
      };
    };
    readonly responses: never;
  };
  readonly lookUpCustomers: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': {
          readonly breaker: string;
          /** @default c-1001 */
          readonly customerId?: string;
          /**
           * @description Whether the circuit breaker is reset first: CLOSED, with an empty window.
           * @default false
           */
          readonly reset?: boolean;
          readonly times: number;
        };
      };
    };
    readonly responses: never;
  };
}
