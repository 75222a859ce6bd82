/** What k6 is to do: requests that begin at these rates, however long earlier ones take. */
export interface LoadPlan {
  /** Requests a second to begin with. */
  readonly startRate: number;
  /** To which rate it moves, in a straight line, and within how many seconds. A stage with the rate of the one before holds it. */
  readonly stages: readonly { readonly rate: number; readonly seconds: number }[];
  /** How long a client waits for its answer, in seconds. */
  readonly patienceSeconds: number;
}

/** What compose plays: 20 accounts a second for a minute. */
export const steadyMinute: LoadPlan = {
  startRate: 20,
  stages: [{ rate: 20, seconds: 60 }],
  patienceSeconds: 15,
};

/** Share of requests for a customer that does not exist. */
export const shareOfUnknownCustomers = 0.05;
