import type { FastifyInstance } from 'fastify';
import { serviceKitKinds } from '../problem-details/problem-kinds.ts';
import { ProblemException } from '../problem-details/problem.exception.ts';
import { isDeeperThan } from './json-depth.ts';
import { maxJsonDepth } from './request-limits.ts';

/**
 * Reads bodies of JSON, and no others. Fastify's own parser reads them; it refuses keys with which an object would get
 * another prototype (`__proto__`, `constructor.prototype`). What is nested too deeply isn't parsed at all.
 */
export function readJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (isDeeperThan(body, maxJsonDepth)) done(tooDeep());
    else {
      void parse(request, body, (error, value) => {
        if (error && isJson(body)) done(poisoned());
        else done(error, value);
      });
    }
  });
}

const tooDeep = (): ProblemException =>
  refusal(
    `The body is nested more than ${maxJsonDepth} deep; at most ${maxJsonDepth} objects and arrays may be inside of one another.`,
  );

const poisoned = (): ProblemException =>
  refusal('The body has a key that no object may have: __proto__, or prototype inside of constructor. Leave it out.');

const refusal = (detail: string): ProblemException =>
  new ProblemException({ ...serviceKitKinds['invalid-request'], detail });

/** Fastify says of a forbidden key what it says of a text that is no JSON. Only what it refused is looked at again. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
