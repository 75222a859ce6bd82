/** The documentation of one kind of problem. */
export interface ProblemDefinition {
  readonly status: number;
  /** In words, always the same. */
  readonly title: string;
  /** What has happened. */
  readonly when: string;
  /** What the client should do. */
  readonly remedy: string;
}

/** Kinds of problems by the names in their types. Each service can have a catalogue of its own. */
export type ProblemCatalogue = Readonly<Record<string, ProblemDefinition>>;

/** The `type` of a problem of this project. */
export const problemType = (name: string): string => `urn:breakwater:problem:${name}`;

/** The problems of every service. A test compares them with `docs/problems.md`. */
export const serviceKitProblems = {
  'invalid-request': {
    status: 400,
    title: 'Invalid request',
    when: 'A part of the request is not what the operation takes.',
    remedy: 'Correct what `errors` lists; do not repeat the request unchanged.',
  },
  'bad-request': {
    status: 400,
    title: 'Bad Request',
    when: 'The request cannot be read: its URL cannot be decoded, or its body is not JSON.',
    remedy: 'Correct the request; do not repeat it unchanged.',
  },
  unauthorized: {
    status: 401,
    title: 'Unauthorized',
    when: 'The operation needs a token, and the token is missing or wrong.',
    remedy: 'Send the token as `Authorization: Bearer …`.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    when: 'The path leads out of the folder that is served.',
    remedy: 'Correct the path.',
  },
  'not-found': {
    status: 404,
    title: 'Not Found',
    when: 'The path, or the resource at it, does not exist.',
    remedy: 'Correct the path.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method Not Allowed',
    when: 'The path exists, but does not support this method.',
    remedy: 'Use a method that the header `Allow` lists.',
  },
  'request-timeout': {
    status: 408,
    title: 'Request Timeout',
    when: 'The request did not arrive completely in time.',
    remedy: 'Send it again on a new connection.',
  },
  'content-too-large': {
    status: 413,
    title: 'Content Too Large',
    when: 'The body is larger than the limit of the service.',
    remedy: 'Send less; do not repeat the request unchanged.',
  },
  'uri-too-long': {
    status: 414,
    title: 'URI Too Long',
    when: 'The URL is longer than the limit of the service.',
    remedy: 'Shorten it.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported Media Type',
    when: 'The service does not read bodies of this type.',
    remedy: 'Send JSON with `Content-Type: application/json`.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    when: 'The client exceeds its limit of requests per second.',
    remedy: 'Try again after `Retry-After`, at a lower rate.',
  },
  'request-header-fields-too-large': {
    status: 431,
    title: 'Request Header Fields Too Large',
    when: 'The headers are larger than the limit of the service.',
    remedy: 'Send fewer or shorter headers.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal Server Error',
    when: 'An unexpected error occurred.',
    remedy: 'Report it with the `requestId`. The request may or may not have taken effect.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    when: 'The service is overloaded and refused the request before any work on it.',
    remedy: 'Try again after `Retry-After`.',
  },
  'database-unavailable': {
    status: 503,
    title: 'Database unavailable',
    when: 'The service cannot reach its database.',
    remedy: 'Try again after `Retry-After`.',
  },
  'deadline-exceeded': {
    status: 504,
    title: 'Not answered in time',
    when: 'The deadline of the request has passed: that of `X-Request-Timeout-Ms`, or the timeout of the service.',
    remedy: 'Try again with more time. The request may or may not have taken effect.',
  },
} as const satisfies ProblemCatalogue;

/**
 * The members that all problems of one type share. Exceptions and the API's description both use it.
 *
 * @example
 * new ProblemException({ ...customerNotFound, detail: `There is no customer ${id}.` })
 */
export interface ProblemKind {
  readonly type: string;
  readonly title: string;
  readonly status: number;
}

/** The kinds of a catalogue, by name. */
export function kindsOf<Catalogue extends ProblemCatalogue>(
  catalogue: Catalogue,
): { readonly [Name in keyof Catalogue]: ProblemKind } {
  const kinds = Object.entries(catalogue).map(([name, { title, status }]) => [
    name,
    { type: problemType(name), title, status },
  ]);
  return Object.fromEntries(kinds) as { [Name in keyof Catalogue]: ProblemKind };
}

export const serviceKitKinds = kindsOf(serviceKitProblems);
