import { flag, type OptionRule } from '../core/options.ts';

/** What Spring says of an instance for the sake of its health indicator, and what is no option of the policy. */
export interface HealthExtras {
  /** Whether the instance is shown among the details of health. False by default, as in Resilience4j. */
  readonly registerHealthIndicator: boolean;
  /** Whether it makes health fail when it refuses calls. False by default, as in Resilience4j. */
  readonly allowHealthIndicatorToFail: boolean;
}

/** The same for each instance by its name, also for one that is defined nowhere and has what `default` says. */
export type HealthExtrasOf = (name: string) => HealthExtras;

export const healthExtraRules: Readonly<Record<keyof HealthExtras, OptionRule<boolean>>> = {
  registerHealthIndicator: flag(false),
  allowHealthIndicatorToFail: flag(false),
};
