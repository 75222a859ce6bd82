export {
  CircuitBreakerHealthIndicator,
  RateLimiterHealthIndicator,
  RegistryHealthIndicator,
  type HealthSettings,
  type InstanceHealth,
  type InstanceHealthSettings,
} from './indicators.ts';
