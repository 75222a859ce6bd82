import { HttpException } from '@nestjs/common';

/** What a `ProblemException` says. */
export interface Problem {
  /** What kind of problem: a URI. Default: the general type of the status, such as that of `not-found`. */
  readonly type?: string;
  /** The kind of problem in words, always the same for one `type`. */
  readonly title: string;
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** What happened this time, in words for the client. Default: the title. */
  readonly detail?: string;
  /** Further members of the problem, by name. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Headers of the response, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What led to it; logged, not shown. */
  readonly cause?: unknown;
}

/** An error that reaches the client as problem details (RFC 9457), with whatever it wants to say. */
export class ProblemException extends HttpException {
  override readonly name = 'ProblemException';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title, problem.status, { cause: problem.cause });
    this.problem = problem;
  }
}
