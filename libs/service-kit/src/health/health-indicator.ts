/** How something that the service needs is doing. */
export interface HealthReport {
  /** `down` takes the service out of rotation; `degraded` is only told. */
  readonly status: 'up' | 'degraded' | 'down';
  readonly [detail: string]: unknown;
}

/** Looks at one thing that the service needs. */
export interface HealthIndicator {
  /** Under which the report appears. */
  readonly key: string;
  /** Whatever it throws, and not answering within a second, counts as down. */
  check(): Promise<HealthReport>;
}
