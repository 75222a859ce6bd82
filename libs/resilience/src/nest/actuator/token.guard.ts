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
   * endpoints respond with 404. It is read for each request, so a getter can return a token that changes. None by default.
   */
  readonly token?: string | undefined;
  /**
   * The id of the trace of the code that runs, if the trace is recorded. The events of `events/stream` that occur there get it as
   * `traceId`. None by default.
   */
  readonly currentTraceId?: () => string | undefined;
}

/** The injection token of the settings. */
export const actuatorSettings = Symbol('ActuatorSettings');

interface RequestWithHeaders {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Allows requests with the actuator token. Without a configured token, the endpoint responds with 404. */
@Injectable()
export class TokenGuard implements CanActivate {
  readonly #adapterHost: HttpAdapterHost;
  readonly #settings: ActuatorSettings;

  constructor(
    @Inject(actuatorSettings) settings: ActuatorSettings,
    @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
  ) {
    this.#settings = settings;
    this.#adapterHost = adapterHost;
  }

  /**
   * @throws NotFoundException when no token is configured
   * @throws UnauthorizedException when the request has no token or a wrong one
   */
  canActivate(context: ExecutionContext): boolean {
    const { token = '' } = this.#settings;
    if (token === '') {
      throw new NotFoundException('Write endpoints are disabled: no actuator token is configured.');
    }
    const http = context.switchToHttp();
    const { authorization } = http.getRequest<RequestWithHeaders>().headers;
    const [, given] = /^Bearer +(\S+)$/i.exec(String(authorization)) ?? [];
    if (given !== undefined && timingSafeEqual(digest(given), digest(token))) return true;

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
