import { createServer } from 'node:http';
import { listen } from '@breakwater/system-runner';
import type { Arm } from './arm.ts';
import { accountPrograms } from './programs.ts';

/** Account that exports the spans of every tenth request to a collector in this process, which accepts and drops them. */
export const tracedAccount: Arm = {
  name: 'traced',
  async build() {
    let exported = 0;
    const collector = createServer((request, response) => {
      if (request.url === '/v1/traces') exported += 1;
      request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    });
    const url = await listen(collector);
    collector.unref();
    return {
      ...accountPrograms.bundled,
      name: 'traced',
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.1',
      },
      whyInvalid: () => (exported === 0 ? 'it exported no spans' : undefined),
    };
  },
};
