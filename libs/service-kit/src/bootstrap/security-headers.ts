import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import { isDocs } from '../openapi/serve-api-description.ts';

/** Answers of an API are data: a browser that is made to show one runs and loads nothing, in no frame. */
const apiPolicy = {
  useDefaults: false,
  directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
};

/** Swagger UI styles itself and draws its icons inline; scripts and requests stay with the service. */
const docsPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/**
 * The headers with which a browser is told how little it may do with an answer.
 *
 * `Strict-Transport-Security` isn't among them: browsers ignore it on plain HTTP, which is what services speak behind
 * whatever ends TLS. Whoever ends TLS knows the host name, and whether all of its subdomains can be bound by it.
 */
export function addSecurityHeaders(fastify: FastifyInstance): void {
  fastify.register(helmet, { contentSecurityPolicy: apiPolicy, strictTransportSecurity: false }).after(() => {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (isDocs(request.url.split('?', 1)[0] ?? '')) void reply.helmet({ contentSecurityPolicy: docsPolicy });
      done();
    });
  });
}
