import type { HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { HealthSettings } from './health-settings.ts';

/**
 * The health of one instance as Resilience4j shows it. Of these statuses only DOWN makes a check fail; the others are for
 * people, and for dashboards made for Spring Boot.
 */
export interface InstanceHealth {
  readonly status: 'UP' | 'DOWN' | 'UNKNOWN' | 'CIRCUIT_OPEN' | 'CIRCUIT_HALF_OPEN' | 'RATE_LIMITED';
  readonly details: Readonly<Record<string, string | number>>;
}

/** One indicator for all instances of a kind: down when one of them is. */
export function healthOf<P extends { readonly name: string }, const Key extends string>(
  service: HealthIndicatorService,
  key: Key,
  instances: readonly P[],
  settings: HealthSettings,
  healthOfInstance: (instance: P, mayFail: boolean) => InstanceHealth,
): HealthIndicatorResult<Key> {
  const details: Record<string, InstanceHealth> = {};
  for (const instance of instances) {
    const { registerHealthIndicator = false, allowHealthIndicatorToFail = false } = settings(instance.name) ?? {};
    if (registerHealthIndicator) details[instance.name] = healthOfInstance(instance, allowHealthIndicatorToFail);
  }
  const check = service.check(key);
  const isDown = Object.values(details).some(({ status }) => status === 'DOWN');
  return isDown ? check.down({ details }) : check.up({ details });
}
