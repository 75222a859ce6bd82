/** The load of an open model: requests start at these rates, independent of earlier responses. */
export interface LoadPlan {
  /** Requests per second at the start. */
  readonly startRate: number;
  /** Target rates with the seconds of their linear ramps. A stage with the previous rate holds it. */
  readonly stages: readonly { readonly rate: number; readonly seconds: number }[];
  /** The timeout of a client in seconds. */
  readonly clientTimeoutSeconds: number;
}

/** The load of compose: 20 accounts per second for a minute. */
export const steadyMinute: LoadPlan = {
  startRate: 20,
  stages: [{ rate: 20, seconds: 60 }],
  clientTimeoutSeconds: 15,
};

/** Share of requests for a customer that does not exist. */
export const shareOfUnknownCustomers = 0.05;
