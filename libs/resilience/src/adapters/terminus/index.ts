export {
  CircuitBreakerHealthIndicator,
  RateLimiterHealthIndicator,
  type HealthSettings,
  type InstanceHealth,
  type InstanceHealthSettings,
} from './indicators.ts';
