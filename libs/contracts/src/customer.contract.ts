/* Generated from apps/customer/openapi.json by `npm run generate contracts`. Do not edit. */

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
    readonly get?: never;
    /** Sets the given faults and turns off all others */
    readonly put: operations['replaceFaults'];
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/faults/timeline': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    /** Starts a timeline of faults in place of the present one */
    readonly put: operations['playTimeline'];
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
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  readonly findCustomer: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
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
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Customer'];
        };
      };
      /** @description Invalid request */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Customer not found */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Too many requests */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Internal Server Error */
      readonly 500: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Capacity exceeded, or: Database unavailable, or: Overloaded */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Not answered in time */
      readonly 504: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  readonly replaceFaults: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': {
          /** @description A limited number of workers, each busy for the latency of its request, with a queue in front of them. */
          readonly capacity?: {
            /**
             * @description Whether a request is still worked on after its client has disconnected.
             * @default kept
             * @enum {string}
             */
            readonly abandonedWork?: 'kept' | 'dropped';
            /** @description How many more may wait, in FIFO order. Further requests get 503. */
            readonly queue: number;
            /** @description How many requests are served at the same time. */
            readonly workers: number;
          } | null;
          /** @description Problem details instead of the result. The rates add up to at most 1. */
          readonly errors?:
            | readonly {
                /** @description The share of requests that are affected. */
                readonly rate: number;
                /** @description The value of Retry-After, rounded up to whole seconds; for the statuses 429 and 503. */
                readonly retryAfter?: string;
                /** @description The HTTP status of the response. */
                readonly status: number;
              }[]
            | null;
          /** @description Requests that get no response while the fault is set. */
          readonly hang?: {
            /** @description The share of requests that are affected. */
            readonly rate: number;
          } | null;
          /** @description How long it takes to find a customer: a duration, or a distribution. */
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
          /** @description Responses with status 200 whose JSON is cut off or of another shape, in turn. */
          readonly malformed?: {
            /** @description The share of requests that are affected. */
            readonly rate: number;
          } | null;
          /** @description Connections that are reset (TCP RST) instead of a response. */
          readonly reset?: {
            /** @description The share of requests that are affected. */
            readonly rate: number;
          } | null;
          /** @description Readiness probes get 503; requests are served as usual. */
          readonly unready?: boolean | null;
        };
      };
    };
    readonly responses: never;
  };
  readonly playTimeline: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': {
          /** @description How long it takes. Default: until its last step begins; required where repeat is true. */
          readonly duration?: string;
          /**
           * @description Whether the timeline starts again when it ends.
           * @default false
           */
          readonly repeat?: boolean;
          /** @description Each replaces the faults of the step before. */
          readonly steps: readonly {
            /** @description When the step begins, from the start of the timeline. */
            readonly at: string;
            /** @description The faults from then on, as PUT /faults takes them. */
            readonly faults: {
              /** @description A limited number of workers, each busy for the latency of its request, with a queue in front of them. */
              readonly capacity?: {
                /**
                 * @description Whether a request is still worked on after its client has disconnected.
                 * @default kept
                 * @enum {string}
                 */
                readonly abandonedWork?: 'kept' | 'dropped';
                /** @description How many more may wait, in FIFO order. Further requests get 503. */
                readonly queue: number;
                /** @description How many requests are served at the same time. */
                readonly workers: number;
              } | null;
              /** @description Problem details instead of the result. The rates add up to at most 1. */
              readonly errors?:
                | readonly {
                    /** @description The share of requests that are affected. */
                    readonly rate: number;
                    /** @description The value of Retry-After, rounded up to whole seconds; for the statuses 429 and 503. */
                    readonly retryAfter?: string;
                    /** @description The HTTP status of the response. */
                    readonly status: number;
                  }[]
                | null;
              /** @description Requests that get no response while the fault is set. */
              readonly hang?: {
                /** @description The share of requests that are affected. */
                readonly rate: number;
              } | null;
              /** @description How long it takes to find a customer: a duration, or a distribution. */
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
              /** @description Responses with status 200 whose JSON is cut off or of another shape, in turn. */
              readonly malformed?: {
                /** @description The share of requests that are affected. */
                readonly rate: number;
              } | null;
              /** @description Connections that are reset (TCP RST) instead of a response. */
              readonly reset?: {
                /** @description The share of requests that are affected. */
                readonly rate: number;
              } | null;
              /** @description Readiness probes get 503; requests are served as usual. */
              readonly unready?: boolean | null;
            };
          }[];
        };
      };
    };
    readonly responses: never;
  };
}
