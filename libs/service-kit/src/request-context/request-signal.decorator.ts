import { DeadlineExceededError } from '@breakwater/resilience';
import { currentCallContext } from '@breakwater/resilience/nest';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * A parameter that is aborted when the response is no longer needed: the client disconnects, or the deadline of the request
 * passes.
 *
 * @example
 * find(@Param('id') id: string, @RequestSignal() signal: AbortSignal) {}
 */
export const RequestSignal = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal => {
  const http = context.switchToHttp();
  const { raw } = http.getResponse<FastifyReply>();
  const { method, originalUrl } = http.getRequest<FastifyRequest>();
  const controller = new AbortController();
  const cancel = currentCallContext().deadline?.whenPassed(() => {
    controller.abort(new DeadlineExceededError(`${method} ${originalUrl.split('?', 1)[0]}`));
  });
  raw.once('close', () => {
    cancel?.();
    if (!raw.writableFinished) controller.abort(new ClientDisconnectedError());
  });
  return controller.signal;
});

/** The client closed the connection before it received the response. */
export class ClientDisconnectedError extends Error {
  override readonly name = 'ClientDisconnectedError';

  constructor() {
    super('The client closed the connection before it received the response.');
  }
}
