import { status, type StatusObject } from '@grpc/grpc-js';

/**
 * The HTTP status that google.rpc.Code gives for each status of gRPC. By it, the classification of outcomes judges both
 * protocols alike.
 */
export const httpStatusOfGrpc: Readonly<Record<status, number>> = {
  [status.OK]: 200,
  [status.CANCELLED]: 499,
  [status.UNKNOWN]: 500,
  [status.INVALID_ARGUMENT]: 400,
  [status.DEADLINE_EXCEEDED]: 504,
  [status.NOT_FOUND]: 404,
  [status.ALREADY_EXISTS]: 409,
  [status.PERMISSION_DENIED]: 403,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.FAILED_PRECONDITION]: 400,
  [status.ABORTED]: 409,
  [status.OUT_OF_RANGE]: 400,
  [status.UNIMPLEMENTED]: 501,
  [status.INTERNAL]: 500,
  [status.UNAVAILABLE]: 503,
  [status.DATA_LOSS]: 500,
  [status.UNAUTHENTICATED]: 401,
};

/** A call of gRPC ended with another status than OK. Policies receive it. */
export class GrpcStatusError extends Error {
  override readonly name = 'GrpcStatusError';
  readonly grpcStatus: StatusObject;
  /** The HTTP status with the same meaning. */
  readonly status: number;
  /** How long the server wants the client to wait; infinite when it wants no other attempt. */
  readonly retryAfterMs: number | undefined;

  constructor(grpcStatus: StatusObject) {
    super(`${grpcStatus.code} ${status[grpcStatus.code]}: ${grpcStatus.details}`);
    this.grpcStatus = grpcStatus;
    this.status = httpStatusOfGrpc[grpcStatus.code];
    this.retryAfterMs = pushBackOf(grpcStatus);
  }
}

/** A negative or malformed value means that the call must not be repeated (gRFC A6). */
function pushBackOf({ metadata }: StatusObject): number | undefined {
  const [value] = metadata.get('grpc-retry-pushback-ms');
  if (value === undefined) return undefined;
  return /^\d+$/.test(String(value)) ? Number(value) : Number.POSITIVE_INFINITY;
}
