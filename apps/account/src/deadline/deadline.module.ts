import { Module, type DynamicModule } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { RequestDeadlines, type RequestDeadlineOptions } from './request-deadlines.ts';

/** How long a request may take. */
@Module({})
export class DeadlineModule {
  static forRoot(options: RequestDeadlineOptions): DynamicModule {
    return {
      module: DeadlineModule,
      global: true,
      providers: [
        {
          provide: RequestDeadlines,
          useFactory: (host: HttpAdapterHost<FastifyAdapter>) => new RequestDeadlines(host, options),
          inject: [HttpAdapterHost],
        },
      ],
      exports: [RequestDeadlines],
    };
  }
}
