import { Logger, PinoLogger, type Params } from 'nestjs-pino';

/** Parts of Nest that tell the story of their own start, which is of interest only when something is wrong with it. */
const framework = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** Nest's logger for a service: everything through pino, the framework's start at level `debug`. */
export class ServiceLogger extends Logger {
  constructor(params: Params) {
    super(new PinoLogger(params), params);
  }

  override log(message: unknown, ...parameters: unknown[]): void {
    if (framework.has(contextOf(parameters))) super.debug(message, ...parameters);
    else super.log(message, ...parameters);
  }

  override error(message: unknown, ...parameters: unknown[]): void {
    // Nest logs what it is about to throw at whoever starts it; that one reports it, once.
    if (contextOf(parameters) === 'ExceptionHandler' || framework.has(contextOf(parameters))) {
      super.debug(message, ...parameters);
    } else super.error(message, ...parameters);
  }
}

/** Nest passes the name of the class that logs as the last parameter. */
const contextOf = (parameters: readonly unknown[]): string => String(parameters.at(-1));
