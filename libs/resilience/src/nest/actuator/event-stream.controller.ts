import { Controller, Get, Inject, Res, ServiceUnavailableException, VERSION_NEUTRAL } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { EventStream } from './event-stream.ts';

/** The response of Express, which is Node's own, or that of Fastify, which has Node's inside. */
export interface FrameworkResponse {
  readonly raw?: ServerResponse;
  /** Tells Fastify that somebody else answers. */
  hijack?(): unknown;
  getHeaders?(): Readonly<Record<string, string | number | string[] | undefined>>;
}

const headers = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  // nginx would hold events back otherwise.
  'X-Accel-Buffering': 'no',
};

/** `text/event-stream` of every event of every policy. */
@Controller({ version: VERSION_NEUTRAL })
export class EventStreamController {
  readonly #stream: EventStream;

  constructor(@Inject(EventStream) stream: EventStream) {
    this.#stream = stream;
  }

  @Get('events/stream')
  open(@Res() response: FrameworkResponse): void {
    if (!this.#stream.isOpen)
      throw new ServiceUnavailableException('No further reader of the stream can be served now.');
    const nodeResponse = response.raw ?? (response as ServerResponse);
    for (const [name, value] of Object.entries(response.getHeaders?.() ?? {})) {
      if (value !== undefined) nodeResponse.setHeader(name, value);
    }
    response.hijack?.();
    // When the stream ends, so does the connection: nobody reuses it, and the server need not wait for it.
    nodeResponse.shouldKeepAlive = false;
    nodeResponse.writeHead(200, headers);
    this.#stream.connect(nodeResponse);
  }
}
