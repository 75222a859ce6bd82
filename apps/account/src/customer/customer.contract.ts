/* Made from apps/customer/openapi.json by npm run contracts: not to be changed by hand. */

export interface paths {
  readonly '/customers/{id}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Finds a customer by id */
    readonly get: operations['findCustomer'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/faults': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Shows which faults are on */
    readonly get: operations['showFaults'];
    /** Changes which faults are on */
    readonly put: operations['changeFaults'];
    readonly post?: never;
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
    readonly Customer: {
      /** Format: date-time */
      readonly createdAt: string;
      /** Format: email */
      readonly email: string;
      readonly id: string;
      readonly name: string;
      /** @enum {string} */
      readonly status: 'ACTIVE' | 'CLOSED';
    };
    /** @description The faults that are on */
    readonly Faults: {
      readonly latency: string;
    };
    /** @description An error, as RFC 9457 describes it */
    readonly ProblemDetails: {
      /** @description What happened this time */
      readonly detail?: string;
      /** @description What is wrong with the input, part by part */
      readonly errors?: readonly {
        readonly detail: string;
        /** @description Which parameter of the path, the query or the headers */
        readonly parameter?: string;
        /** @description Where in the body: a JSON pointer such as #/label */
        readonly pointer?: string;
      }[];
      /** @description The path that was asked for */
      readonly instance?: string;
      /** @description For finding the request in the logs */
      readonly requestId?: string;
      readonly status: number;
      /** @description The kind of problem in words, always the same for one type */
      readonly title: string;
      /** @description For finding the request in the traces */
      readonly traceId?: string;
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
  readonly findCustomer: {
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
      /** @description The customer */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Customer'];
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
      /** @description Customer not found */
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
  readonly showFaults: {
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
      /** @description The faults that are on */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Faults'];
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
  readonly changeFaults: {
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
          readonly latency: string;
        };
      };
    };
    readonly responses: {
      /** @description The faults that are on from now on */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Faults'];
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
      /** @description Payload Too Large */
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
