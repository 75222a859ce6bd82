/** The properties of a request that decide whether it may be repeated. */
export interface HttpRequestFacts {
  /** In upper or lower case. */
  readonly method: string;
  /**
   * Whether every attempt has the same idempotency key, by which the server recognises a repetition. False by default.
   */
  readonly hasIdempotencyKey?: boolean;
  /** Whether its body is a stream, which can be sent only once. False by default. */
  readonly hasStreamBody?: boolean;
}

/** Methods that have the same effect on the server when they are repeated (RFC 9110, section 9.2.2). */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/**
 * Whether a request can be made twice without harm: its method is idempotent, or it has an idempotency key, and its
 * body is no stream.
 */
export function isRepeatable({ method, hasIdempotencyKey = false, hasStreamBody = false }: HttpRequestFacts): boolean {
  if (hasStreamBody) return false;
  return hasIdempotencyKey || idempotentMethods.has(method.toUpperCase());
}
