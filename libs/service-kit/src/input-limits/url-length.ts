import type { FastifyInstance } from 'fastify';
import { serviceKitKinds } from '../problem-details/problem-kinds.ts';
import { sendProblem } from '../problem-details/send-problem.ts';
import { maxUrlLength } from './request-limits.ts';

/** Refuses URLs that are longer than any that means something here, before they are looked at or logged. */
export function limitUrls(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.url.length <= maxUrlLength) return done();
    sendProblem(request, reply, {
      ...serviceKitKinds['uri-too-long'],
      detail: `The URL is ${request.url.length} characters long; it may have at most ${maxUrlLength}.`,
    });
  });
}
