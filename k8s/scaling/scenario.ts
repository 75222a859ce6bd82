/** What clients and customer do at a moment. */
export interface Moment {
  /** For people. */
  readonly phase: string;
  /** Accounts that clients open in a second. */
  readonly requestsPerSecond: number;
  /** What account's and customer's processors do for each, in milliseconds. */
  readonly accountCpuMs: number;
  readonly customerCpuMs: number;
  /** How long each request is in flight in account, in milliseconds. */
  readonly durationMs: number;
}

/** As `npm run capacity -w k8s` measures it (docs/scaling.md). */
const inHealth = { accountCpuMs: 5, customerCpuMs: 2.3, durationMs: 70 };
/** With an open circuit breaker: no call to customer, only the storage. */
const breakerOpen = { accountCpuMs: 3.5, customerCpuMs: 0, durationMs: 15 };

const [quiet, busy] = [40, 400];

/** How long each phase takes, in seconds, and what it is like. */
const phases: readonly (Omit<Moment, 'phase'> & { readonly phase: string; readonly seconds: number })[] = [
  { phase: 'quiet', seconds: 60, requestsPerSecond: quiet, ...inHealth },
  { phase: 'ten times as much', seconds: 120, requestsPerSecond: busy, ...inHealth },
  { phase: 'customer down, breaker open', seconds: 75, requestsPerSecond: busy, ...breakerOpen },
  { phase: 'customer back', seconds: 30, requestsPerSecond: busy, ...inHealth },
  { phase: 'quiet again', seconds: 500, requestsPerSecond: quiet, ...inHealth },
];

/** How long all of it takes, in seconds. */
export const scenarioSeconds = phases.reduce((sum, { seconds }) => sum + seconds, 0);

/** When each phase begins, in seconds. */
export const phaseStarts = phases.map(({ phase }, index) => ({
  phase,
  at: phases.slice(0, index).reduce((sum, { seconds }) => sum + seconds, 0),
}));

/** Clients are no clockwork: two waves of different length, a tenth of the load up and down. */
const unrest = (at: number): number => 1 + 0.06 * Math.sin(at / 7) + 0.04 * Math.sin(at / 2.3);

/** @param at seconds since the start; after the end the last phase goes on */
export function momentAt(at: number): Moment {
  const index = phaseStarts.findLastIndex((phase) => phase.at <= at);
  const { seconds: _seconds, ...moment } = phases[Math.max(index, 0)]!;
  return { ...moment, requestsPerSecond: moment.requestsPerSecond * unrest(at) };
}
