import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Headers by name, in lower case. */
export type SecurityHeaders = Readonly<Record<string, string>>;

/**
 * Helmet's headers, which restrict what a browser does with a response, with a content security policy.
 *
 * They are the same for each response, so they are computed once: Helmet's plugin for Fastify would configure itself again for each
 * request. `Strict-Transport-Security` is not one of them: browsers ignore it on plain HTTP, and the proxy that terminates TLS knows
 * whether it can hold for the host and its subdomains.
 */
export function securityHeaders(directives: Readonly<Record<string, string[]>>): SecurityHeaders {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string): void => void (headers[name.toLowerCase()] = value),
    removeHeader: (): void => {},
  };
  const setHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    strictTransportSecurity: false,
  });
  setHeaders({} as IncomingMessage, response as unknown as ServerResponse, () => {});
  return headers;
}

/** Adds headers to all responses. Call it before adding checks that respond themselves. @param headersFor takes a path */
export function addSecurityHeaders(fastify: FastifyInstance, headersFor: (path: string) => SecurityHeaders): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headersFor(request.url.split('?', 1)[0] ?? ''));
    done();
  });
}
