import type { LoggerService } from '@nestjs/common';
import type { Level, Logger } from 'pino';

/** Nest's classes that log the start; their lines matter only when something fails. */
const framework = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** Nest logs an error of the start and throws it to the caller, which reports it. */
const reported = new Set([...framework, 'ExceptionHandler']);

/** Nest's logger for a service: everything through pino, the start of the framework at level `debug`. */
export class ServiceLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  verbose(message: unknown, ...parameters: unknown[]): void {
    this.write('trace', message, parameters);
  }

  debug(message: unknown, ...parameters: unknown[]): void {
    this.write('debug', message, parameters);
  }

  log(message: unknown, ...parameters: unknown[]): void {
    this.write(framework.has(contextOf(parameters)) ? 'debug' : 'info', message, parameters);
  }

  warn(message: unknown, ...parameters: unknown[]): void {
    this.write('warn', message, parameters);
  }

  error(message: unknown, ...parameters: unknown[]): void {
    this.write(reported.has(contextOf(parameters)) ? 'debug' : 'error', message, parameters);
  }

  fatal(message: unknown, ...parameters: unknown[]): void {
    this.write('fatal', message, parameters);
  }

  /** Nest's loggers pass fields, an error or a text, then for example values or a stack, and the context at the end. */
  private write(level: Level, message: unknown, parameters: readonly unknown[]): void {
    const context = parameters.length > 0 ? { context: parameters.at(-1) } : {};
    const values = parameters.slice(0, -1) as [string?, ...unknown[]];
    const [stack] = values;
    if (message instanceof Error) return this.logger[level]({ ...context, err: message }, ...values);
    if (typeof message === 'object') return this.logger[level]({ ...context, ...message }, ...values);
    const text = message as string;
    if (typeof stack === 'string' && values.length === 1 && /\n\s*at /.test(stack)) {
      return this.logger[level]({ ...context, err: Object.assign(new Error(text), { stack }) });
    }
    this.logger[level](context, text, ...values);
  }
}

/** Nest passes the name of the class that logs as the last parameter. */
const contextOf = (parameters: readonly unknown[]): string => String(parameters.at(-1));
