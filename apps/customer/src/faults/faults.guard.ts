import { ProblemException } from '@breakwater/service-kit';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Where the guard finds the token that opens the routes. */
export const FAULTS_TOKEN = Symbol('FAULTS_TOKEN');

/** Lets those in who send the token as `Authorization: Bearer …`. */
@Injectable()
export class FaultsGuard implements CanActivate {
  readonly #token: Buffer;

  constructor(@Inject(FAULTS_TOKEN) token: string) {
    this.#token = digest(token);
  }

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: IncomingHttpHeaders }>();
    const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    // Digests are of one length, whatever was sent; comparing them takes the same time wherever they differ.
    if (timingSafeEqual(digest(given), this.#token)) return true;

    throw new ProblemException({
      title: 'Unauthorized',
      status: 401,
      detail: 'This route takes the token of FAULTS_TOKEN as a bearer token.',
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
}
