import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ServiceConfig } from '../config/service-config.ts';
import { requestLoggerOptions } from '../logging/logging.options.ts';
import { ServiceLogger } from '../logging/service-logger.ts';
import { serveApiDescription } from '../openapi/serve-api-description.ts';
import { createHttpAdapter } from './http-adapter.ts';

/**
 * Creates a service that is complete but for listening. Its database isn't asked for anything yet.
 *
 * @param name the service's name in logs
 * @param config at least what every service has
 * @param module the service itself; it imports `ServiceKitModule`
 */
export async function createService(
  name: string,
  config: ServiceConfig,
  module: DynamicModule,
): Promise<NestFastifyApplication> {
  const logged = { service: name, instance: config.INSTANCE_NAME, level: config.LOG_LEVEL };
  const app = await NestFactory.create<NestFastifyApplication>(module, createHttpAdapter(config), {
    logger: new ServiceLogger(requestLoggerOptions(logged)),
    // Whoever starts a service hears what is wrong with it, rather than see the process abort.
    abortOnError: false,
    // Fastify reads JSON by itself; Nest's parsers would let forms in as well.
    bodyParser: false,
  });
  serveApiDescription(app);
  return app;
}
