import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ServerResponse } from 'node:http';

/**
 * A parameter that is aborted when the client goes away before it has its answer, so that work for nobody can stop.
 *
 * @example
 * find(@Param('id') id: string, @RequestSignal() signal: AbortSignal) {}
 */
export const RequestSignal = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal => {
  const { raw } = context.switchToHttp().getResponse<{ raw: ServerResponse }>();
  const controller = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort(new ClientDisconnectedError());
  });
  return controller.signal;
});

/** The client closed the connection before it had its answer. */
export class ClientDisconnectedError extends Error {
  override readonly name = 'ClientDisconnectedError';

  constructor() {
    super('The client closed the connection before it had its answer.');
  }
}
