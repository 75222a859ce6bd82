/** Resilience4j's two settings of an instance for its health. Each may be left out. */
export interface InstanceHealthSettings {
  /** Whether the instance is shown. False by default. */
  readonly registerHealthIndicator?: boolean | undefined;
  /** Whether it makes the check fail when it refuses calls. False by default: restarting us heals no dependency. */
  readonly allowHealthIndicatorToFail?: boolean | undefined;
}

/** The settings of an instance by its name, e.g. from configuration; `undefined` stands for all defaults. */
export type HealthSettings = (name: string) => InstanceHealthSettings | undefined;

/** Shows all instances, and lets none of them fail the check: what holds when nobody says otherwise. */
export const showAll: HealthSettings = () => ({ registerHealthIndicator: true });
