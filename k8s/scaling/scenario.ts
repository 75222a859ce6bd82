/** The load and its cost at one moment. */
export interface Moment {
  /** The name of the phase, for readers. */
  readonly phase: string;
  /** Accounts that clients open per second. */
  readonly requestsPerSecond: number;
  /** Processor time of account and of customer per opened account, in milliseconds. */
  readonly accountCpuMs: number;
  readonly customerCpuMs: number;
  /** How long each request is in flight in account, in milliseconds. */
  readonly durationMs: number;
}

/** Measured by `npm run capacity -w k8s` (docs/scaling.md). */
const inHealth = { accountCpuMs: 5, customerCpuMs: 2.3, durationMs: 70 };
/** With an open circuit breaker: account only stores, and does not call customer. */
const breakerOpen = { accountCpuMs: 3.5, customerCpuMs: 0, durationMs: 15 };

const [quiet, busy] = [40, 400];

/** The phases with their durations in seconds. */
const phases: readonly (Omit<Moment, 'phase'> & { readonly phase: string; readonly seconds: number })[] = [
  { phase: 'quiet', seconds: 60, requestsPerSecond: quiet, ...inHealth },
  { phase: 'ten times as much', seconds: 120, requestsPerSecond: busy, ...inHealth },
  { phase: 'customer down, breaker open', seconds: 75, requestsPerSecond: busy, ...breakerOpen },
  { phase: 'customer back', seconds: 30, requestsPerSecond: busy, ...inHealth },
  { phase: 'quiet again', seconds: 500, requestsPerSecond: quiet, ...inHealth },
];

/** The duration of all phases in seconds. */
export const scenarioSeconds = phases.reduce((sum, { seconds }) => sum + seconds, 0);

/** The start of each phase in seconds. */
export const phaseStarts = phases.map(({ phase }, index) => ({
  phase,
  at: phases.slice(0, index).reduce((sum, { seconds }) => sum + seconds, 0),
}));

/** The load varies by up to 10 %, in two waves of different length. */
const variation = (at: number): number => 1 + 0.06 * Math.sin(at / 7) + 0.04 * Math.sin(at / 2.3);

/** @param at seconds since the start; after the end the last phase continues */
export function momentAt(at: number): Moment {
  const index = phaseStarts.findLastIndex((phase) => phase.at <= at);
  const { seconds: _seconds, ...moment } = phases[Math.max(index, 0)]!;
  return { ...moment, requestsPerSecond: moment.requestsPerSecond * variation(at) };
}

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
