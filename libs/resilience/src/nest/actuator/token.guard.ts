import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  NotFoundException,
  UnauthorizedException,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type ActuatorSettings, actuatorSettings } from './actuator.options.ts';

interface RequestWithHeaders {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Lets nobody change anything who does not show the token; and nobody at all when there is none. */
@Injectable()
export class TokenGuard implements CanActivate {
  readonly #adapterHost: HttpAdapterHost;
  readonly #expected: Buffer | undefined;

  constructor(
    @Inject(actuatorSettings) { token = '' }: ActuatorSettings,
    @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
  ) {
    this.#expected = token === '' ? undefined : digest(token);
    this.#adapterHost = adapterHost;
  }

  /**
   * @throws NotFoundException when no token is configured
   * @throws UnauthorizedException when another one is shown, or none
   */
  canActivate(context: ExecutionContext): boolean {
    if (this.#expected === undefined) {
      throw new NotFoundException(
        'What changes something is switched off here, since the actuator was given no token.',
      );
    }
    const http = context.switchToHttp();
    const { authorization } = http.getRequest<RequestWithHeaders>().headers;
    const [, given] = /^Bearer +(\S+)$/i.exec(String(authorization)) ?? [];
    if (given !== undefined && timingSafeEqual(digest(given), this.#expected)) return true;

    this.#adapterHost.httpAdapter.setHeader(http.getResponse(), 'WWW-Authenticate', 'Bearer');
    throw new UnauthorizedException(
      'This needs the header "Authorization: Bearer <token>" with the token of the actuator.',
    );
  }
}

/** Of equal length whatever the text, so that comparing them tells nothing about it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
