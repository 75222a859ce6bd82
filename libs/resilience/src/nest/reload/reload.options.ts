import type { Duration } from '../../core/duration.ts';

/** What `ResilienceReloadModule.forRoot` takes. */
export interface ReloadModuleOptions {
  /** Whether the `configFiles` of ResilienceModule are watched; true by default. Without it there is `reload()`. */
  readonly watch?: boolean;
  /** How often the files are looked at. At least 1 ms; 2 s by default. A change is taken once it has lasted as long. */
  readonly pollInterval?: Duration;
}

/** The options resolved: complete and checked, durations in milliseconds. */
export interface ReloadConfig {
  readonly watch: boolean;
  readonly pollInterval: number;
}

/** The token of the resolved options. */
export const reloadConfig = Symbol('ReloadConfig');
