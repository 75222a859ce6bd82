import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The header in which a request id travels from the gateway to the last service, and back. */
export const requestIdHeader = 'x-request-id';

const acceptable = /^[A-Za-z0-9._-]{1,128}$/;

/** The id that came with the request, if it is one; otherwise a new one (a UUID). */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers[requestIdHeader];
  return typeof given === 'string' && acceptable.test(given) ? given : randomUUID();
}
