/** The properties of a request that decide whether it may be repeated. */
export interface HttpRequestFacts {
  /** In upper or lower case. */
  readonly method: string;
  /**
   * Whether every attempt has the same idempotency key, by which the server recognises a repetition. False by default.
   */
  readonly hasIdempotencyKey?: boolean;
}

/** Methods that have the same effect on the server when they are repeated (RFC 9110, section 9.2.2). */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/** Whether a request can be made twice without harm: its method is idempotent, or it has an idempotency key. */
export function isRepeatable({ method, hasIdempotencyKey = false }: HttpRequestFacts): boolean {
  return hasIdempotencyKey || idempotentMethods.has(method.toUpperCase());
}
