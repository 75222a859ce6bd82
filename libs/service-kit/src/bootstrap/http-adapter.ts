import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { ServiceConfig } from '../config/service-config.ts';
import { logRequests } from '../logging/request-log.ts';
import { isDocs } from '../openapi/describe-api.ts';
import { HttpEdge } from './http-edge.ts';
import { addSecurityHeaders, securityHeaders } from './security-headers.ts';
import { writeJson } from './write-json.ts';

/** Nest on Fastify, behind the checks of `HttpEdge`. @param logger gets a line for each request */
export function createHttpAdapter(config: ServiceConfig, logger: Logger): FastifyAdapter {
  const edge = new HttpEdge(config, config.SHUTDOWN_DELAY);
  const adapter = new FastifyAdapter(edge.options);
  const fastify = adapter.getInstance();
  fastify.setReplySerializer(writeJson);
  // The server closes directly after it has read what has arrived, so that few requests can be lost in between.
  fastify.addHook('preClose', (done) => void setImmediate(done));
  addSecurityHeaders(fastify, (path) => (isDocs(path) ? docsHeaders : apiHeaders));
  edge.protect(fastify);
  logRequests(fastify, logger);
  return adapter;
}

/** API responses are data: a browser that shows one loads and runs nothing, in no frame. */
const apiHeaders = securityHeaders({ defaultSrc: ["'none'"], frameAncestors: ["'none'"] });

/** Swagger UI has inline styles and icons; its scripts and requests are those of the service. */
const docsHeaders = securityHeaders({
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
});
