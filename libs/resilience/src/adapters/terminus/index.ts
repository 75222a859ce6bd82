export { CircuitBreakerHealthIndicator } from './circuit-breaker.health.ts';
export type { HealthSettings, InstanceHealthSettings } from './health-settings.ts';
export type { InstanceHealth } from './instance-health.ts';
export { RateLimiterHealthIndicator } from './rate-limiter.health.ts';
