import { SpanKind } from '@opentelemetry/api';
import { failSpan, inSpan } from './spans.ts';

/** A request to another service. */
export interface OutgoingCall {
  readonly method: string;
  /** The path with parameters instead of values, such as `/customers/{id}`: values may be personal data. */
  readonly template: string;
  /** The base URL of the replica. */
  readonly url: string;
  /** From 1. */
  readonly attempt: number;
  /** The statuses with which the call succeeds. */
  readonly expects: readonly number[];
}

/**
 * Makes a request in a span of kind CLIENT, with the attributes of OpenTelemetry's conventions for HTTP but `url.full`, which
 * contains the values of parameters.
 *
 * @throws what `send` throws
 */
export function inClientSpan<R extends { readonly status: number }>(
  { method, template, url, attempt, expects }: OutgoingCall,
  send: () => Promise<R>,
): Promise<R> {
  return inSpan(
    `${method} ${template}`,
    async (span) => {
      if (span === undefined) return send();
      const { protocol, hostname, port } = new URL(url);
      span.setAttributes({
        'http.request.method': method,
        'url.template': template,
        'server.address': hostname,
        'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
        // The convention's name for the number of an attempt.
        ...(attempt > 1 && { 'http.request.resend_count': attempt - 1 }),
      });
      const response = await send();
      span.setAttribute('http.response.status_code', response.status);
      if (!expects.includes(response.status)) failSpan(span, String(response.status));
      return response;
    },
    { kind: SpanKind.CLIENT },
  );
}
