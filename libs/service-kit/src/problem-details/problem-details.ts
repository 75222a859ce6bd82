/** An error as RFC 9457 describes it to the client of an HTTP interface. */
export interface ProblemDetails {
  /** What kind of problem: a URN of `problemType`, listed in `docs/problems.md`. */
  readonly type: string;
  /** The kind of problem in words, always the same for one `type`. */
  readonly title: string;
  readonly status: number;
  /** What happened this time. */
  readonly detail: string;
  /** The path that was asked for. */
  readonly instance: string;
  /** For finding the request in the logs. */
  readonly requestId: string;
  /** For finding it in the logs of every service that took part. */
  readonly traceId: string;
  /** What is wrong with the input, part by part. */
  readonly errors?: readonly InputError[];
  readonly [extension: string]: unknown;
}

/** One fault of the input. */
export interface InputError {
  /** Where in the body: a JSON pointer such as `#/label`. */
  readonly pointer?: string;
  /** Which parameter of the path or the query. */
  readonly parameter?: string;
  readonly detail: string;
}

export const problemContentType = 'application/problem+json';

/** The `type` of a problem that this project defines. */
export const problemType = (name: string): string => `urn:breakwater:problem:${name}`;
