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

/** The settings of the actuator. */
export interface ActuatorSettings {
  /**
   * The token that write requests send as `Authorization: Bearer <token>`. Without a token, or with an empty one, write
   * endpoints respond with 404. None by default.
   */
  readonly token?: string | undefined;
}

/** The token of the settings. */
export const actuatorSettings = Symbol('ActuatorSettings');

interface RequestWithHeaders {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Allows requests with the actuator token. Without a configured token, the endpoint responds with 404. */
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
   * @throws UnauthorizedException when the request has no token or a wrong one
   */
  canActivate(context: ExecutionContext): boolean {
    if (this.#expected === undefined) {
      throw new NotFoundException('Write endpoints are disabled: no actuator token is configured.');
    }
    const http = context.switchToHttp();
    const { authorization } = http.getRequest<RequestWithHeaders>().headers;
    const [, given] = /^Bearer +(\S+)$/i.exec(String(authorization)) ?? [];
    if (given !== undefined && timingSafeEqual(digest(given), this.#expected)) return true;

    this.#adapterHost.httpAdapter.setHeader(http.getResponse(), 'WWW-Authenticate', 'Bearer');
    throw new UnauthorizedException(
      'Write endpoints require the header "Authorization: Bearer <token>" with the actuator token.',
    );
  }
}

/** Has the same length for every text, so that a comparison in constant time is possible. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
