import type { EndpointPool } from './endpoint-pool.ts';
import type { EjectionReason, EndpointSnapshot } from './pooled-endpoint.ts';

/** One endpoint in the actuator. Rates are in percent; 0 without calls. */
export interface EndpointDetails extends Omit<EndpointSnapshot, 'name' | 'ejectionReason' | 'remainingEjectionMs'> {
  /** `null` while it is in service. */
  readonly ejectionReason: EjectionReason | null;
  /** `null` if it is not ejected, or by hand. */
  readonly remainingEjectionMs: number | null;
}

/** An endpoint pool in the actuator, with its endpoints by name. */
export interface EndpointPoolDetails {
  readonly isPanic: boolean;
  /** Whether the endpoints are the last known ones, because the latest resolution failed. */
  readonly isResolutionFailing: boolean;
  readonly endpointsInService: number;
  readonly endpoints: Readonly<Record<string, EndpointDetails>>;
}

export function endpointPoolDetails(pool: EndpointPool): EndpointPoolDetails {
  const { isPanic, isResolutionFailing, endpointsInService } = pool.metrics;
  const endpoints = pool.endpoints.map(({ name, ejectionReason, remainingEjectionMs, ...others }) => [
    name,
    { ...others, ejectionReason: ejectionReason ?? null, remainingEjectionMs: remainingEjectionMs ?? null },
  ]);
  return {
    isPanic,
    isResolutionFailing,
    endpointsInService,
    endpoints: Object.fromEntries(endpoints) as EndpointPoolDetails['endpoints'],
  };
}
