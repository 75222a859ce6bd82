import type { ResilienceError } from '@breakwater/resilience';
import { describeRefusal, ResilienceExceptionFilter } from '@breakwater/resilience/nest';
import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ClientDisconnectedError, currentRequest, traceOf } from '../request-context/request-context.ts';
import { describeProblem, problemContentType, writeProblem, type Problem } from './problem-details.ts';

/** Responds to every error with problem details (RFC 9457), also where no route matches. */
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemDetailsFilter.name);

  /** @param describe describes errors of the service itself; undefined for all others, which are described here */
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly describe: (error: unknown) => Problem | undefined = () => undefined,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    // There is no client left, and no error here.
    if (error instanceof ClientDisconnectedError) return;

    const { httpAdapter } = this.adapterHost;
    const http = host.switchToHttp();
    const response = http.getResponse<object>();
    const { id: requestId, originalUrl: url, raw, body: sent, params, query } = http.getRequest<FastifyRequest>();
    const problem = this.describe(error) ?? describeProblem(error, { body: sent, params, query });
    const context = currentRequest();
    if (context) context.error = error;

    if (problem.status >= 500) {
      this.logger.error({ err: error }, `${problem.status} ${problem.title}`);
    }
    if (httpAdapter.isHeadersSent(response)) {
      // A part of the response is sent: a regular end would make it look complete.
      httpAdapter.end(response);
      return;
    }

    const { status, body } = writeProblem(problem, { url, requestId, traceId: traceOf(raw).traceId });
    for (const [name, value] of Object.entries(problem.headers ?? {})) httpAdapter.setHeader(response, name, value);
    httpAdapter.setHeader(response, 'content-type', problemContentType);
    httpAdapter.reply(response, body, status);
  }
}

/** The filter of the resilience library, for what a policy or a deadline refuses; with the members of every problem. */
export class RefusalFilter extends ResilienceExceptionFilter {
  private readonly logger = new Logger(RefusalFilter.name);

  constructor(adapterHost: HttpAdapterHost) {
    super(adapterHost, {
      members: (request) => {
        const { id, raw } = request as FastifyRequest;
        return { requestId: id, traceId: traceOf(raw).traceId };
      },
    });
  }

  override catch(error: ResilienceError, host: ArgumentsHost): void {
    const context = currentRequest();
    if (context) context.error = error;
    const { status = 500, title = error.name } = describeRefusal(error) ?? {};
    if (status >= 500) this.logger.error({ err: error }, `${status} ${title}`);
    // oxlint-disable-next-line promise/valid-params -- a filter, not a promise
    super.catch(error, host);
  }
}
