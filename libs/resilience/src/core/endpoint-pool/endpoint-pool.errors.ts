import { RejectedError, textOf } from '../errors.ts';

/** No endpoint of an endpoint pool has been resolved yet. The dependency was not called. */
export class NoEndpointAvailableError extends RejectedError {
  readonly code = 'NO_ENDPOINT_AVAILABLE';
  readonly endpointPoolName: string;
  /** Unknown: the next resolution may find endpoints. */
  readonly retryAfterMs = undefined;

  /** @param cause why the latest resolution failed */
  constructor(endpointPoolName: string, cause: unknown) {
    super(`EndpointPool '${endpointPoolName}' has no endpoint, because none has been resolved: ${textOf(cause)}`, {
      cause,
    });
    this.endpointPoolName = endpointPoolName;
  }
}
