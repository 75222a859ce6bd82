import { z } from 'zod';
import { capacity } from './capacity.ts';
import { hang, reset } from './connection-faults.ts';
import { objectLike, type Fault } from './fault.ts';
import { latency } from './latency.ts';
import { errors, malformed, unready } from './response-faults.ts';

/**
 * All faults, in the order in which they wrap the work for a request, the innermost first: a request is reset before it hangs, and
 * hangs before it takes a worker; errors and malformed responses replace the result of all this. A new fault is one entry.
 */
export const faultList = [latency, capacity, hang, reset, errors, malformed, unready] as const;

type Definition = (typeof faultList)[number];

export type FaultName = Definition['name'];

/** The names in the order of the list. */
export const faultNames = faultList.map(({ name }) => name) as readonly FaultName[];

/** The setting of each fault; null where it is off. */
export type FaultPlan = { readonly [D in Definition as D['name']]: z.output<D['setting']> | null };

/** The settings that a request body has. */
export type GivenFaults = { readonly [Name in FaultName]?: FaultPlan[Name] | undefined };

/** All faults are off. */
export const noFaults = Object.fromEntries(faultNames.map((name) => [name, null])) as FaultPlan;

/** The plan with the given settings in place of its own. */
export const withGiven = (plan: FaultPlan, given: GivenFaults): FaultPlan => ({
  ...plan,
  ...(Object.fromEntries(Object.entries(given).filter(([, setting]) => setting !== undefined)) as Partial<FaultPlan>),
});

/** The plan as JSON, in the form that `PUT /faults` takes. */
export const showPlan = (plan: FaultPlan): Record<FaultName, unknown> =>
  Object.fromEntries(
    (faultList as readonly AnyDefinition[]).map(({ name, show = (setting) => setting }) => {
      const setting: unknown = plan[name];
      return [name, setting === null ? null : show(setting)];
    }),
  ) as Record<FaultName, unknown>;

/** A definition of the list without the type of its setting. */
export interface AnyDefinition extends Pick<Definition, 'name' | 'description' | 'setting' | 'report'> {
  readonly show?: (setting: unknown) => unknown;
  readonly create: (environment: Parameters<Definition['create']>[0]) => Fault<unknown>;
}

/** The body of `/faults`: each setting is optional, and null turns the fault off. */
export const faultsBody = objectLike(
  '{"latency":"2s"}',
  Object.fromEntries(
    faultList.map(({ name, setting, description }) => [name, setting.nullable().optional().describe(description)]),
  ),
).meta({
  description: 'The faults of the service. Durations are on its clock, which TIME_SCALE speeds up in the lab.',
}) as z.ZodType as z.ZodType<GivenFaults>;
