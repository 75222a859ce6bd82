import type { Moment } from './scenario.ts';

/** What a process takes that has nothing to do, in millicores. */
const idle = 5;
/** A process runs JavaScript on one core; what is beyond that waits. */
const most = 1_000;

/** What each of the replicas takes of its processor, in millicores, when the load is spread evenly over them. */
export function cpuOf(service: string, replicas: number, moment: Moment): number {
  const milliseconds = { account: moment.accountCpuMs, customer: moment.customerCpuMs }[service] ?? 0;
  return Math.min(idle + (moment.requestsPerSecond * milliseconds) / replicas, most);
}

/** In-flight requests per replica by Little's law: arrivals per second times seconds per request. */
export const inFlightOf = (replicas: number, { requestsPerSecond, durationMs }: Moment): number =>
  (requestsPerSecond * durationMs) / 1_000 / replicas;
