import type { Moment } from './scenario.ts';

/** The usage of an idle process, in millicores. */
const idle = 5;
/** A process runs JavaScript on one core; more work waits. */
const most = 1_000;

/** The processor usage of each replica in millicores, when the load is distributed evenly. */
export function cpuOf(service: string, replicas: number, moment: Moment): number {
  const milliseconds = { account: moment.accountCpuMs, customer: moment.customerCpuMs }[service] ?? 0;
  return Math.min(idle + (moment.requestsPerSecond * milliseconds) / replicas, most);
}

/** In-flight requests per replica by Little's law: arrivals per second times seconds per request. */
export const inFlightOf = (replicas: number, { requestsPerSecond, durationMs }: Moment): number =>
  (requestsPerSecond * durationMs) / 1_000 / replicas;
