import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { remainingRequestMs } from './request-context.ts';
import { DeadlinePassedError } from './request-end.ts';

/** What a timer can hold; nobody waits that long. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * A parameter that is aborted when nobody waits for the answer any more, so that work for nobody can stop: the client goes
 * away before it has its answer, or the time that it gave is over. A request that comes too late isn't worked on at all.
 *
 * @example
 * find(@Param('id') id: string, @RequestSignal() signal: AbortSignal) {}
 */
export const RequestSignal = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal => {
  const { raw } = context.switchToHttp().getResponse<{ raw: ServerResponse }>();
  const controller = new AbortController();
  const timer = abortInTime(controller);
  raw.once('close', () => {
    clearTimeout(timer);
    if (!raw.writableFinished) controller.abort(new ClientDisconnectedError());
  });
  return controller.signal;
});

function abortInTime(controller: AbortController): NodeJS.Timeout | undefined {
  const remainingMs = remainingRequestMs();
  if (remainingMs === undefined) return undefined;
  if (remainingMs === 0) throw new DeadlinePassedError();
  return setTimeout(() => controller.abort(new DeadlinePassedError()), Math.min(remainingMs, longestTimerMs));
}

/** The client closed the connection before it had its answer. */
export class ClientDisconnectedError extends Error {
  override readonly name = 'ClientDisconnectedError';

  constructor() {
    super('The client closed the connection before it had its answer.');
  }
}
