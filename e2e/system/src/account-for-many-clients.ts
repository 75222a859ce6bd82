/** All clients of a test have the same address; a fast reconciler shortens the wait at the end. */
export const accountForManyClients = {
  CLIENT_RATE_LIMIT: '0',
  MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '0',
  RECONCILIATION_INTERVAL: '250ms',
  RESILIENCE4J_RATELIMITER_INSTANCES_RECONCILIATION_LIMITREFRESHPERIOD: '20ms',
};
