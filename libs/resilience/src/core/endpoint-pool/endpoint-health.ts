import type { CallEndpoint } from '../call-endpoints.ts';
import type { HealthProbe } from '../health-prober.ts';
import type { EndpointPoolConfig } from './endpoint-pool.options.ts';

/** The health probe of an endpoint; `undefined` when none is configured. */
export function healthProbeOf(
  endpoint: CallEndpoint,
  { healthProbe, healthProbePath }: EndpointPoolConfig,
): HealthProbe | undefined {
  if (healthProbe !== undefined) return (context) => healthProbe(endpoint, context);
  if (healthProbePath === undefined) return undefined;
  return async ({ signal }) => {
    const response = await fetch(`${endpoint.url}${healthProbePath}`, { signal });
    // Its connection is released.
    await response.body?.cancel();
    if (!response.ok) throw new Error(`GET ${healthProbePath} responded with ${response.status}.`);
  };
}
