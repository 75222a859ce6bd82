/* Made from apps/account/openapi.json by npm run contracts: not to be changed by hand. */

export interface paths {
  readonly '/accounts': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Lists accounts, the newest first */
    readonly get: operations['listAccounts'];
    readonly put?: never;
    /** Opens an account */
    readonly post: operations['openAccount'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/accounts/{id}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Finds an account by id */
    readonly get: operations['findAccount'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    /** Closes an account */
    readonly patch: operations['closeAccount'];
    readonly trace?: never;
  };
  readonly '/accounts/{id}/history': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Tells what happened to an account */
    readonly get: operations['findAccountHistory'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/experiments/breakers': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Lists the circuit breakers of the experiments */
    readonly get: operations['listCircuitBreakers'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/experiments/customer-faults': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Shows what is wrong with every replica of customer */
    readonly get: operations['showCustomerFaults'];
    /** Sets all faults of every replica of customer */
    readonly put: operations['replaceCustomerFaults'];
    readonly post?: never;
    /** Heals every replica of customer */
    readonly delete: operations['healCustomer'];
    readonly options?: never;
    readonly head?: never;
    /** Changes the faults that are named in every replica of customer */
    readonly patch: operations['changeCustomerFaults'];
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
  readonly '/health/live': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Says that the process runs */
    readonly get: operations['live'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/health/ready': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Says whether the service can do its work, and why not */
    readonly get: operations['ready'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /** @description An account. */
    readonly Account: {
      readonly balance: components['schemas']['Money'];
      /**
       * Format: date-time
       * @description When it was opened. ISO 8601, in UTC.
       */
      readonly createdAt: string;
      /** @description ISO 4217; the account’s only currency. */
      readonly currency: string;
      readonly customerId: string;
      /**
       * Format: uuid
       * @description A UUID of version 7: ids sort by the time of their making.
       */
      readonly id: string;
      /** @description What the owner calls it. */
      readonly label: string | null;
      /**
       * @description PENDING_VERIFICATION: nobody could say yet whether the customer exists; it becomes ACTIVE or REJECTED. REJECTED and CLOSED are for good.
       * @enum {string}
       */
      readonly status: 'PENDING_VERIFICATION' | 'ACTIVE' | 'REJECTED' | 'CLOSED';
      /** @description Where to see what becomes of it; only while it is PENDING_VERIFICATION. */
      readonly statusUrl?: string;
      /**
       * Format: date-time
       * @description When it was changed last. ISO 8601, in UTC.
       */
      readonly updatedAt: string;
      readonly verifiedAt: string | null;
      /** @description CUSTOMER: it was asked. LAST_GOOD: it could not be asked, and its last good answer was taken. */
      readonly verifiedBy: ('CUSTOMER' | 'LAST_GOOD') | null;
      /** @description Counts the changes; the same number is in the ETag. */
      readonly version: number;
    };
    /** @description Something that happened to an account. */
    readonly AccountEvent: {
      /** @description Null where the account was opened. */
      readonly fromStatus: ('PENDING_VERIFICATION' | 'ACTIVE' | 'REJECTED' | 'CLOSED') | null;
      /**
       * Format: date-time
       * @description When. ISO 8601, in UTC.
       */
      readonly happenedAt: string;
      /** @description Why, in a sentence. */
      readonly reason: string;
      /** @enum {string} */
      readonly toStatus: 'PENDING_VERIFICATION' | 'ACTIVE' | 'REJECTED' | 'CLOSED';
    };
    /** @description Some of the accounts, the newest first. */
    readonly AccountPage: {
      readonly items: readonly components['schemas']['Account'][];
      /** @description What to ask for the next page with; null where this is the last. */
      readonly nextCursor: string | null;
    };
    /** @description An amount of money, without fractions. */
    readonly Money: {
      /** @description A whole number of the currency’s minor unit. How many digits of it are behind the point differs with the currency: 1250 is 12.50 EUR, 1250 JPY, and 1.250 KWD. */
      readonly amount: number;
      /** @description ISO 4217. */
      readonly currency: string;
    };
    /** @description An error, as RFC 9457 describes it */
    readonly ProblemDetails: {
      /** @description What happened this time */
      readonly detail: string;
      /** @description What is wrong with the input, part by part */
      readonly errors?: readonly {
        readonly detail: string;
        /** @description Which parameter of the path, the query or the headers */
        readonly parameter?: string;
        /** @description Where in the body: a JSON pointer such as #/label */
        readonly pointer?: string;
      }[];
      /** @description The path that was asked for */
      readonly instance: string;
      /** @description For finding the request in the logs */
      readonly requestId: string;
      readonly status: number;
      /** @description The kind of problem in words, always the same for one type */
      readonly title: string;
      /** @description For finding the request in the traces */
      readonly traceId: string;
      /** @description What kind of problem: a URI */
      readonly type: string;
    } & {
      readonly [key: string]: unknown;
    };
    readonly Readiness: {
      readonly details: {
        readonly [key: string]: {
          /** @enum {string} */
          readonly status: 'up' | 'degraded' | 'down';
        } & {
          readonly [key: string]: unknown;
        };
      };
      /** @enum {string} */
      readonly status: 'ready' | 'not-ready';
    };
  };
  responses: never;
  parameters: {
    /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
    readonly 'X-Request-Id': string;
  };
  requestBodies: never;
  headers: {
    /** @description The version of the resource, for If-Match */
    readonly ETag: string;
    /** @description true where the answer is that of an earlier request with the same Idempotency-Key */
    readonly 'Idempotency-Replayed': string;
    /** @description Where the next page is (rel="next"); there is none on the last */
    readonly Link: string;
    /** @description Where the resource is */
    readonly Location: string;
    /** @description How many requests a client may make in a second */
    readonly 'RateLimit-Limit': number;
    /** @description How many of them are left */
    readonly 'RateLimit-Remaining': number;
    /** @description In how many seconds they are all there again */
    readonly 'RateLimit-Reset': number;
    /** @description In how many seconds another try may be worth it */
    readonly 'Retry-After': number;
    /** @description How to authenticate */
    readonly 'WWW-Authenticate': string;
    /** @description Which replica answered */
    readonly 'X-Instance': string;
    /** @description The id of the request, for finding it in the logs: the one that it came with, or a new one */
    readonly 'X-Request-Id': string;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  readonly listAccounts: {
    readonly parameters: {
      readonly query?: {
        /** @description Go on where an earlier page ended: its nextCursor. */
        readonly cursor?: string;
        /** @description Only those of this customer. */
        readonly customerId?: string;
        /** @description How many accounts at most, from 1 to 100. */
        readonly limit?: number;
        /** @description Only those in this status. */
        readonly status?: 'PENDING_VERIFICATION' | 'ACTIVE' | 'REJECTED' | 'CLOSED';
      };
      readonly header?: {
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of accounts */
      readonly 200: {
        headers: {
          readonly Link: components['headers']['Link'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['AccountPage'];
        };
      };
      /** @description Invalid request */
      readonly 400: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Too many requests */
      readonly 429: {
        headers: {
          readonly 'RateLimit-Limit': components['headers']['RateLimit-Limit'];
          readonly 'RateLimit-Remaining': components['headers']['RateLimit-Remaining'];
          readonly 'RateLimit-Reset': components['headers']['RateLimit-Reset'];
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Database unavailable, or: Overloaded */
      readonly 503: {
        headers: {
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Not answered in time */
      readonly 504: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
    };
  };
  readonly openAccount: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description Under which the request is done once, however often it is sent */
        readonly 'Idempotency-Key'?: string;
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': {
          /** @description ISO 4217, such as EUR. */
          readonly currency: string;
          /** @description Whose account it is to be. */
          readonly customerId: string;
          /** @description What the owner calls it. */
          readonly label?: string;
        };
      };
    };
    readonly responses: {
      /** @description The account, ready for use */
      readonly 201: {
        headers: {
          readonly ETag: components['headers']['ETag'];
          readonly 'Idempotency-Replayed': components['headers']['Idempotency-Replayed'];
          readonly Location: components['headers']['Location'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Account'];
        };
      };
      /** @description The account, whose customer is still to be verified */
      readonly 202: {
        headers: {
          readonly ETag: components['headers']['ETag'];
          readonly 'Idempotency-Replayed': components['headers']['Idempotency-Replayed'];
          readonly Location: components['headers']['Location'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Account'];
        };
      };
      /** @description Invalid idempotency key, or: Invalid request, or: Bad Request */
      readonly 400: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Content Too Large */
      readonly 413: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Unsupported Media Type */
      readonly 415: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Unknown customer, or: Idempotency key reused */
      readonly 422: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Too many requests */
      readonly 429: {
        headers: {
          readonly 'RateLimit-Limit': components['headers']['RateLimit-Limit'];
          readonly 'RateLimit-Remaining': components['headers']['RateLimit-Remaining'];
          readonly 'RateLimit-Reset': components['headers']['RateLimit-Reset'];
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Database unavailable, or: Overloaded */
      readonly 503: {
        headers: {
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Not answered in time */
      readonly 504: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
    };
  };
  readonly findAccount: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description The versions that the client has already */
        readonly 'If-None-Match'?: string;
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The account */
      readonly 200: {
        headers: {
          readonly ETag: components['headers']['ETag'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Account'];
        };
      };
      /** @description The client has it already */
      readonly 304: {
        headers: {
          readonly ETag: components['headers']['ETag'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Invalid request */
      readonly 400: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Account not found */
      readonly 404: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Too many requests */
      readonly 429: {
        headers: {
          readonly 'RateLimit-Limit': components['headers']['RateLimit-Limit'];
          readonly 'RateLimit-Remaining': components['headers']['RateLimit-Remaining'];
          readonly 'RateLimit-Reset': components['headers']['RateLimit-Reset'];
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Database unavailable, or: Overloaded */
      readonly 503: {
        headers: {
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Not answered in time */
      readonly 504: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
    };
  };
  readonly closeAccount: {
    readonly parameters: {
      readonly query?: never;
      readonly header: {
        /** @description The version of the account that is to be closed, as its ETag said */
        readonly 'If-Match': string;
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': {
          /**
           * @description CLOSED closes the account for good.
           * @enum {string}
           */
          readonly status: 'CLOSED';
        };
      };
    };
    readonly responses: {
      /** @description The account, closed */
      readonly 200: {
        headers: {
          readonly ETag: components['headers']['ETag'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Account'];
        };
      };
      /** @description Invalid request, or: Bad Request */
      readonly 400: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Account not found */
      readonly 404: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Account not active */
      readonly 409: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Precondition failed */
      readonly 412: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Content Too Large */
      readonly 413: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Unsupported Media Type */
      readonly 415: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Precondition required */
      readonly 428: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Too many requests */
      readonly 429: {
        headers: {
          readonly 'RateLimit-Limit': components['headers']['RateLimit-Limit'];
          readonly 'RateLimit-Remaining': components['headers']['RateLimit-Remaining'];
          readonly 'RateLimit-Reset': components['headers']['RateLimit-Reset'];
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Database unavailable, or: Overloaded */
      readonly 503: {
        headers: {
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Not answered in time */
      readonly 504: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
    };
  };
  readonly findAccountHistory: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description All that happened to it, the opening first */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': readonly components['schemas']['AccountEvent'][];
        };
      };
      /** @description Invalid request */
      readonly 400: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Account not found */
      readonly 404: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Too many requests */
      readonly 429: {
        headers: {
          readonly 'RateLimit-Limit': components['headers']['RateLimit-Limit'];
          readonly 'RateLimit-Remaining': components['headers']['RateLimit-Remaining'];
          readonly 'RateLimit-Reset': components['headers']['RateLimit-Reset'];
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Database unavailable, or: Overloaded */
      readonly 503: {
        headers: {
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Not answered in time */
      readonly 504: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
    };
  };
  readonly listCircuitBreakers: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The circuit breakers */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': readonly {
            readonly config: {
              readonly [key: string]: unknown;
            };
            readonly metrics: {
              readonly [key: string]: unknown;
            };
            readonly name: string;
            readonly state: string;
          }[];
        };
      };
      /** @description Too many requests */
      readonly 429: {
        headers: {
          readonly 'RateLimit-Limit': components['headers']['RateLimit-Limit'];
          readonly 'RateLimit-Remaining': components['headers']['RateLimit-Remaining'];
          readonly 'RateLimit-Reset': components['headers']['RateLimit-Reset'];
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Overloaded */
      readonly 503: {
        headers: {
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
    };
  };
  readonly showCustomerFaults: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description What each replica said, all of them having agreed */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': {
            readonly replicas: readonly {
              /** @description What it said. */
              readonly body: unknown;
              /** @description Its URL. */
              readonly replica: string;
              /** @description Of HTTP; 0 where the replica could not be reached. */
              readonly status: number;
            }[];
          };
        };
      };
      /** @description Unauthorized */
      readonly 401: {
        headers: {
          readonly 'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Too many requests */
      readonly 429: {
        headers: {
          readonly 'RateLimit-Limit': components['headers']['RateLimit-Limit'];
          readonly 'RateLimit-Remaining': components['headers']['RateLimit-Remaining'];
          readonly 'RateLimit-Reset': components['headers']['RateLimit-Reset'];
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Customer not told */
      readonly 502: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Overloaded */
      readonly 503: {
        headers: {
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
    };
  };
  readonly replaceCustomerFaults: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': {
          readonly [key: string]: unknown;
        };
      };
    };
    readonly responses: {
      /** @description What each replica said, all of them having agreed */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': {
            readonly replicas: readonly {
              /** @description What it said. */
              readonly body: unknown;
              /** @description Its URL. */
              readonly replica: string;
              /** @description Of HTTP; 0 where the replica could not be reached. */
              readonly status: number;
            }[];
          };
        };
      };
      /** @description Invalid request, or: Bad Request */
      readonly 400: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Unauthorized */
      readonly 401: {
        headers: {
          readonly 'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Content Too Large */
      readonly 413: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Unsupported Media Type */
      readonly 415: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Too many requests */
      readonly 429: {
        headers: {
          readonly 'RateLimit-Limit': components['headers']['RateLimit-Limit'];
          readonly 'RateLimit-Remaining': components['headers']['RateLimit-Remaining'];
          readonly 'RateLimit-Reset': components['headers']['RateLimit-Reset'];
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Customer not told */
      readonly 502: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Overloaded */
      readonly 503: {
        headers: {
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
    };
  };
  readonly healCustomer: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description What each replica said, all of them having agreed */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': {
            readonly replicas: readonly {
              /** @description What it said. */
              readonly body: unknown;
              /** @description Its URL. */
              readonly replica: string;
              /** @description Of HTTP; 0 where the replica could not be reached. */
              readonly status: number;
            }[];
          };
        };
      };
      /** @description Bad Request */
      readonly 400: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Unauthorized */
      readonly 401: {
        headers: {
          readonly 'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Content Too Large */
      readonly 413: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Unsupported Media Type */
      readonly 415: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Too many requests */
      readonly 429: {
        headers: {
          readonly 'RateLimit-Limit': components['headers']['RateLimit-Limit'];
          readonly 'RateLimit-Remaining': components['headers']['RateLimit-Remaining'];
          readonly 'RateLimit-Reset': components['headers']['RateLimit-Reset'];
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Customer not told */
      readonly 502: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Overloaded */
      readonly 503: {
        headers: {
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
    };
  };
  readonly changeCustomerFaults: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': {
          readonly [key: string]: unknown;
        };
      };
    };
    readonly responses: {
      /** @description What each replica said, all of them having agreed */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': {
            readonly replicas: readonly {
              /** @description What it said. */
              readonly body: unknown;
              /** @description Its URL. */
              readonly replica: string;
              /** @description Of HTTP; 0 where the replica could not be reached. */
              readonly status: number;
            }[];
          };
        };
      };
      /** @description Invalid request, or: Bad Request */
      readonly 400: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Unauthorized */
      readonly 401: {
        headers: {
          readonly 'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Content Too Large */
      readonly 413: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Unsupported Media Type */
      readonly 415: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Too many requests */
      readonly 429: {
        headers: {
          readonly 'RateLimit-Limit': components['headers']['RateLimit-Limit'];
          readonly 'RateLimit-Remaining': components['headers']['RateLimit-Remaining'];
          readonly 'RateLimit-Reset': components['headers']['RateLimit-Reset'];
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Customer not told */
      readonly 502: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Overloaded */
      readonly 503: {
        headers: {
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
    };
  };
  readonly lookUpCustomers: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
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
           * @description Whether the circuit breaker begins anew: CLOSED, with nothing counted.
           * @default false
           */
          readonly reset?: boolean;
          readonly times: number;
        };
      };
    };
    readonly responses: {
      /** @description A line of JSON as each call ends */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/x-ndjson': string;
        };
      };
      /** @description Invalid request, or: Bad Request */
      readonly 400: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Circuit breaker not found */
      readonly 404: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Content Too Large */
      readonly 413: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Unsupported Media Type */
      readonly 415: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Too many requests */
      readonly 429: {
        headers: {
          readonly 'RateLimit-Limit': components['headers']['RateLimit-Limit'];
          readonly 'RateLimit-Remaining': components['headers']['RateLimit-Remaining'];
          readonly 'RateLimit-Reset': components['headers']['RateLimit-Reset'];
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description Overloaded */
      readonly 503: {
        headers: {
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
    };
  };
  readonly live: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It runs */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': {
            /** @enum {string} */
            readonly status: 'live';
          };
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
    };
  };
  readonly ready: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description Names the request in logs; passed on, and answered with. A new one is made where there is none. */
        readonly 'X-Request-Id'?: components['parameters']['X-Request-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It can */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Readiness'];
        };
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/problem+json': components['schemas']['ProblemDetails'];
        };
      };
      /** @description It cannot */
      readonly 503: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Readiness'];
        };
      };
    };
  };
}
