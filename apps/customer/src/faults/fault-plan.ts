import { formatDuration } from '@breakwater/service-kit';
import type { GivenFaults, LatencySetting } from './faults.schema.ts';

/** Everything that can be wrong, as GET /faults lists it and as the label `fault` of the metrics names it. */
export const faultNames = ['latency', 'errors', 'hang', 'reset', 'malformed', 'unready', 'capacity'] as const;

export type FaultName = (typeof faultNames)[number];

/** What is set for each fault; null where nothing is wrong. */
export type FaultPlan = { readonly [Name in FaultName]: NonNullable<GivenFaults[Name]> | null };

/** Nothing is wrong. */
export const healthy: FaultPlan = {
  latency: null,
  errors: null,
  hang: null,
  reset: null,
  malformed: null,
  unready: null,
  capacity: null,
};

/** A plan with other settings for the faults that are given; the rest stays as it is. */
export const withGiven = (plan: FaultPlan, given: GivenFaults): FaultPlan => ({
  ...plan,
  ...(Object.fromEntries(Object.entries(given).filter(([, setting]) => setting !== undefined)) as Partial<FaultPlan>),
});

/** The plan as JSON, in the form in which PUT /faults takes it. */
export function showPlan({ latency, errors, ...rest }: FaultPlan): Record<FaultName, unknown> {
  return {
    latency: latency === null ? null : showLatency(latency),
    errors:
      errors?.map(({ retryAfter, ...error }) =>
        retryAfter === undefined ? error : { ...error, retryAfter: formatDuration(retryAfter) },
      ) ?? null,
    ...rest,
  };
}

const showLatency = (latency: LatencySetting): unknown =>
  typeof latency === 'number'
    ? formatDuration(latency)
    : Object.fromEntries(
        Object.entries(latency).flatMap(([name, ms]) => (ms === undefined ? [] : [[name, formatDuration(ms)]])),
      );
