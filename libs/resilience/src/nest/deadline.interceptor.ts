import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { systemClock } from '../core/clock.ts';
import { DeadlineExceededError, deadlineHeader, readDeadline } from '../core/deadline.ts';
import { currentCallContext, runInCallContext } from './call-context.ts';
import { resilienceOptions, type ResilienceModuleOptions } from './resilience.options.ts';

/** What of an HTTP request is needed, on any adapter. */
interface RequestWithHeaders {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * Lets a request's own deadline hold for all that is done for it: decorated methods inherit it, time limiters are
 * shortened to it, and `deadlineHeaders` sends on what is left of it. A request that comes too late is not begun.
 *
 * It is opt-in, since strangers could otherwise make calls time out at will: let the edge remove the header from requests
 * that are not of one's own services. An interceptor, and not a middleware, so that it can also be put on one controller;
 * guards come before it and do not see the deadline.
 *
 * @example
 * providers: [{ provide: APP_INTERCEPTOR, useClass: DeadlineInterceptor }]
 */
@Injectable()
export class DeadlineInterceptor implements NestInterceptor {
  readonly #options: ResilienceModuleOptions;

  constructor(@Inject(resilienceOptions) options: ResilienceModuleOptions) {
    this.#options = options;
  }

  /** @throws DeadlineExceededError when nothing is left of the deadline */
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (execution.getType() !== 'http') return next.handle();
    const { headers } = execution.switchToHttp().getRequest<RequestWithHeaders>();
    const { clock = systemClock, deadlineNetworkAllowance: networkAllowance } = this.#options;
    const environment = networkAllowance === undefined ? { clock } : { clock, networkAllowance };
    const deadline = readDeadline(headers[deadlineHeader], environment);
    if (deadline === undefined) return next.handle();
    if (deadline.remainingMs === 0) throw new DeadlineExceededError(titleOf(execution));

    const { signal, attempt } = currentCallContext();
    return new Observable((subscriber) =>
      runInCallContext({ signal, attempt, deadline }, () => next.handle().subscribe(subscriber)),
    );
  }
}

function titleOf(execution: ExecutionContext): string {
  return `${execution.getClass().name}.${execution.getHandler().name}`;
}
