/** A kind of problem, as it is listed for those who write clients. */
export interface ProblemDefinition {
  readonly status: number;
  /** In words, always the same. */
  readonly title: string;
  /** What has happened. */
  readonly when: string;
  /** What the client should do about it. */
  readonly remedy: string;
}

/** Kinds of problems by name, which `problemType` makes a URN of. A service may keep one of its own. */
export type ProblemCatalogue = Readonly<Record<string, ProblemDefinition>>;

/** What every service may answer with. `docs/problems.md` lists the same, and a test holds the two together. */
export const serviceKitProblems = {
  'invalid-request': {
    status: 400,
    title: 'Invalid request',
    when: 'A part of the request is not what the operation takes.',
    remedy: 'Correct what `errors` lists; do not repeat the request as it is.',
  },
  'bad-request': {
    status: 400,
    title: 'Bad Request',
    when: 'The request cannot be read: its URL cannot be decoded, or its body is not JSON.',
    remedy: 'Correct the request; do not repeat it as it is.',
  },
  unauthorized: {
    status: 401,
    title: 'Unauthorized',
    when: 'The operation is for those who show a token, and none or a wrong one was shown.',
    remedy: 'Send the token as `Authorization: Bearer …`.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    when: 'The path leads out of what is served there.',
    remedy: 'Correct the path.',
  },
  'not-found': {
    status: 404,
    title: 'Not Found',
    when: 'There is no such path, or nothing at it.',
    remedy: 'Correct the path.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method Not Allowed',
    when: 'The path exists, but not under this method.',
    remedy: 'Use a method that the header `Allow` names.',
  },
  'request-timeout': {
    status: 408,
    title: 'Request Timeout',
    when: 'The request did not arrive whole in time.',
    remedy: 'Send it again, on a new connection.',
  },
  'content-too-large': {
    status: 413,
    title: 'Content Too Large',
    when: 'The body is larger than the service reads.',
    remedy: 'Send less; do not repeat the request as it is.',
  },
  'uri-too-long': {
    status: 414,
    title: 'URI Too Long',
    when: 'The URL is longer than any that means something here.',
    remedy: 'Shorten it.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported Media Type',
    when: 'The body is of a type that the service does not read.',
    remedy: 'Send JSON, as `Content-Type: application/json`.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    when: 'The client has made more requests in a second than one may.',
    remedy: 'Try again after `Retry-After`, and more slowly.',
  },
  'request-header-fields-too-large': {
    status: 431,
    title: 'Request Header Fields Too Large',
    when: 'The headers are larger than the service reads.',
    remedy: 'Send fewer or shorter headers.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal Server Error',
    when: 'The service met an error that it did not expect.',
    remedy: 'Report it with the `requestId`. What was asked for may or may not have been done.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    when: 'The service has more to do than it can, and turned the request away before doing anything for it.',
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
    when: 'The time is over that the caller gave in `X-Request-Timeout-Ms`.',
    remedy: 'Try again with more time. What was asked for may or may not have been done.',
  },
} as const satisfies ProblemCatalogue;
