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
    /** Shows what is wrong with this process on purpose */
    readonly get: operations['showFaults'];
    /** Sets all faults; what is not named is healthy */
    readonly put: operations['replaceFaults'];
    readonly post?: never;
    /** Heals everything and stops the timeline */
    readonly delete: operations['healFaults'];
    readonly options?: never;
    readonly head?: never;
    /** Changes the faults that are named; null heals one */
    readonly patch: operations['changeFaults'];
    readonly trace?: never;
  };
  readonly '/faults/timeline': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Shows the timeline of faults and where it is */
    readonly get: operations['showTimeline'];
    /** Begins a timeline of faults, in place of one that plays */
    readonly put: operations['playTimeline'];
    readonly post?: never;
    /** Plays no further; the faults stay as they are */
    readonly delete: operations['stopTimeline'];
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
    /** @description What is wrong with this process on purpose, and what came of it. */
    readonly Faults: {
      /** @description The faults that can strike as they are set. */
      readonly active: readonly ('latency' | 'errors' | 'hang' | 'reset' | 'malformed' | 'unready' | 'capacity')[];
      /** @description Null where there is no end of workers. */
      readonly capacity: {
        readonly busy: number;
        readonly queueLength: number;
        readonly workers: number;
      } | null;
      /** @description As PUT /faults takes it; null where nothing is wrong. */
      readonly faults: {
        readonly [key: string]: unknown;
      };
      /** @description How often each has struck since the start. */
      readonly injected: {
        readonly [key: string]: number;
      };
      readonly timeline: components['schemas']['Timeline'];
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
    /** @description Faults that change by themselves, and where they are. */
    readonly Timeline:
      | {
          /** @enum {string} */
          readonly state: 'none';
        }
      | {
          readonly duration: string;
          /** @description Since it began, or began again. */
          readonly elapsed: string;
          /** @description Null where it repeats, or plays no more. */
          readonly endsIn: string | null;
          readonly repeat: boolean;
          /** @enum {string} */
          readonly state: 'playing' | 'ended' | 'stopped';
          /** @description Which step’s faults were set last, counted from 0; null before the first. */
          readonly step: number | null;
          readonly steps: readonly {
            readonly at: string;
            /** @description As PUT /faults takes it; null where nothing is wrong. */
            readonly faults: {
              readonly [key: string]: unknown;
            };
          }[];
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
      /** @description Capacity exceeded, or: Database unavailable, or: Overloaded */
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
      /** @description The faults as they are now */
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
  readonly replaceFaults: {
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
          /** @description A finite number of workers, each held for the latency of its request, and a queue in front. */
          readonly capacity?: {
            /**
             * @description Whether a request whose client has gone away is worked on all the same.
             * @default kept
             * @enum {string}
             */
            readonly abandonedWork?: 'kept' | 'dropped';
            /** @description How many more may wait, first come first served. One more is refused with 503. */
            readonly queue: number;
            /** @description How many requests are worked on at the same time. */
            readonly workers: number;
          } | null;
          /** @description Problem details instead of an answer. The rates add up to at most 1. */
          readonly errors?:
            | readonly {
                /** @description The share of requests that it hits. */
                readonly rate: number;
                /** @description What Retry-After says, rounded up to whole seconds; for the statuses 429 and 503. */
                readonly retryAfter?: string;
                /** @description The HTTP status to answer with. */
                readonly status: number;
              }[]
            | null;
          /** @description Requests that are never answered while this lasts. */
          readonly hang?: {
            /** @description The share of requests that it hits. */
            readonly rate: number;
          } | null;
          /** @description How long a customer takes to be found: a duration, or a distribution. */
          readonly latency?:
            | (
                | string
                | {
                    readonly max: string;
                    readonly min?: string;
                    readonly p50: string;
                    readonly p75?: string;
                    readonly p90?: string;
                    readonly p95?: string;
                    readonly p99?: string;
                    readonly p999?: string;
                  }
              )
            | null;
          /** @description Answers with status 200 whose JSON is cut off, or of another shape, in turn. */
          readonly malformed?: {
            /** @description The share of requests that it hits. */
            readonly rate: number;
          } | null;
          /** @description Connections that are reset (TCP RST) instead of an answer. */
          readonly reset?: {
            /** @description The share of requests that it hits. */
            readonly rate: number;
          } | null;
          /** @description Readiness says 503; requests are answered all the same. */
          readonly unready?: boolean | null;
        };
      };
    };
    readonly responses: {
      /** @description The faults as they are now */
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
  readonly healFaults: {
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
      /** @description The faults as they are now */
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
          /** @description A finite number of workers, each held for the latency of its request, and a queue in front. */
          readonly capacity?: {
            /**
             * @description Whether a request whose client has gone away is worked on all the same.
             * @default kept
             * @enum {string}
             */
            readonly abandonedWork?: 'kept' | 'dropped';
            /** @description How many more may wait, first come first served. One more is refused with 503. */
            readonly queue: number;
            /** @description How many requests are worked on at the same time. */
            readonly workers: number;
          } | null;
          /** @description Problem details instead of an answer. The rates add up to at most 1. */
          readonly errors?:
            | readonly {
                /** @description The share of requests that it hits. */
                readonly rate: number;
                /** @description What Retry-After says, rounded up to whole seconds; for the statuses 429 and 503. */
                readonly retryAfter?: string;
                /** @description The HTTP status to answer with. */
                readonly status: number;
              }[]
            | null;
          /** @description Requests that are never answered while this lasts. */
          readonly hang?: {
            /** @description The share of requests that it hits. */
            readonly rate: number;
          } | null;
          /** @description How long a customer takes to be found: a duration, or a distribution. */
          readonly latency?:
            | (
                | string
                | {
                    readonly max: string;
                    readonly min?: string;
                    readonly p50: string;
                    readonly p75?: string;
                    readonly p90?: string;
                    readonly p95?: string;
                    readonly p99?: string;
                    readonly p999?: string;
                  }
              )
            | null;
          /** @description Answers with status 200 whose JSON is cut off, or of another shape, in turn. */
          readonly malformed?: {
            /** @description The share of requests that it hits. */
            readonly rate: number;
          } | null;
          /** @description Connections that are reset (TCP RST) instead of an answer. */
          readonly reset?: {
            /** @description The share of requests that it hits. */
            readonly rate: number;
          } | null;
          /** @description Readiness says 503; requests are answered all the same. */
          readonly unready?: boolean | null;
        };
      };
    };
    readonly responses: {
      /** @description The faults as they are now */
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
  readonly showTimeline: {
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
      /** @description The timeline as it is now */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Timeline'];
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
  readonly playTimeline: {
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
          /** @description How long it takes. Default: until its last step begins; a timeline that repeats has to say it. */
          readonly duration?: string;
          /**
           * @description Whether it begins again when it is over.
           * @default false
           */
          readonly repeat?: boolean;
          /** @description Each replaces the faults of the one before. */
          readonly steps: readonly {
            /** @description When the step begins, from the start of the timeline. */
            readonly at: string;
            /** @description The faults from then on, as PUT /faults takes them. */
            readonly faults: {
              /** @description A finite number of workers, each held for the latency of its request, and a queue in front. */
              readonly capacity?: {
                /**
                 * @description Whether a request whose client has gone away is worked on all the same.
                 * @default kept
                 * @enum {string}
                 */
                readonly abandonedWork?: 'kept' | 'dropped';
                /** @description How many more may wait, first come first served. One more is refused with 503. */
                readonly queue: number;
                /** @description How many requests are worked on at the same time. */
                readonly workers: number;
              } | null;
              /** @description Problem details instead of an answer. The rates add up to at most 1. */
              readonly errors?:
                | readonly {
                    /** @description The share of requests that it hits. */
                    readonly rate: number;
                    /** @description What Retry-After says, rounded up to whole seconds; for the statuses 429 and 503. */
                    readonly retryAfter?: string;
                    /** @description The HTTP status to answer with. */
                    readonly status: number;
                  }[]
                | null;
              /** @description Requests that are never answered while this lasts. */
              readonly hang?: {
                /** @description The share of requests that it hits. */
                readonly rate: number;
              } | null;
              /** @description How long a customer takes to be found: a duration, or a distribution. */
              readonly latency?:
                | (
                    | string
                    | {
                        readonly max: string;
                        readonly min?: string;
                        readonly p50: string;
                        readonly p75?: string;
                        readonly p90?: string;
                        readonly p95?: string;
                        readonly p99?: string;
                        readonly p999?: string;
                      }
                  )
                | null;
              /** @description Answers with status 200 whose JSON is cut off, or of another shape, in turn. */
              readonly malformed?: {
                /** @description The share of requests that it hits. */
                readonly rate: number;
              } | null;
              /** @description Connections that are reset (TCP RST) instead of an answer. */
              readonly reset?: {
                /** @description The share of requests that it hits. */
                readonly rate: number;
              } | null;
              /** @description Readiness says 503; requests are answered all the same. */
              readonly unready?: boolean | null;
            };
          }[];
        };
      };
    };
    readonly responses: {
      /** @description The timeline as it is now */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Timeline'];
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
  readonly stopTimeline: {
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
      /** @description The timeline as it is now */
      readonly 200: {
        headers: {
          readonly 'X-Instance': components['headers']['X-Instance'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Timeline'];
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
