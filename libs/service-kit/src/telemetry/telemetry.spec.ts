import { metrics, trace } from '@opentelemetry/api';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { readConfig, type Environment } from '../config/read-config.ts';
import { serviceVariables } from '../config/service-config.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Starts the export in modules of its own, as in a process of its own; it is stopped after the test. */
async function start(environment: Environment) {
  vi.resetModules();
  const { startTelemetry } = await import('./telemetry.ts');
  const spans = await import('./spans.ts');
  const warnings: string[] = [];
  const variables = { DATABASE_URL: 'postgres://127.0.0.1/none', INSTANCE_NAME: 'harbour-1', ...environment };
  const config = readConfig(z.object(serviceVariables('harbour', { port: 0 })), variables);
  const telemetry = await startTelemetry('harbour', config, (message) => warnings.push(message));
  onTestFinished(() => telemetry?.shutDown());
  return { telemetry, warnings, ...spans };
}

/** A collector that accepts connections and never responds. */
async function hangingCollector(): Promise<string> {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Nothing listens on port 1. */
const refusing = 'http://127.0.0.1:1';

afterEach(() => {
  trace.disable();
  metrics.disable();
  // Later files of this worker would otherwise load the modules that record spans.
  vi.resetModules();
});

describe('startTelemetry', () => {
  it.each([{}, { OTEL_EXPORTER_OTLP_ENDPOINT: refusing, OTEL_SDK_DISABLED: 'true' }])(
    'does nothing with %j',
    async (none) => {
      const { telemetry, tracer } = await start(none);

      expect(telemetry).toBeUndefined();
      expect(tracer.startSpan('work').isRecording()).toBe(false);
    },
  );

  it.each([
    ['always_on', '1', 100, 100],
    ['always_off', '1', 0, 0],
    ['traceidratio', '0', 0, 0],
    ['parentbased_always_on', '1', 100, 0],
    ['parentbased_always_off', '1', 0, 0],
    ['parentbased_traceidratio', '0', 0, 0],
  ])('samples by %s with the argument %s', async (OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, roots, ofUnsampled) => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: refusing, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG };
    const { startServerSpan } = await start(environment);
    const recorded = (headers: Readonly<Record<string, string>>): number =>
      Array.from({ length: 100 }, () => startServerSpan(headers, { name: 'work' })).filter((span) => span.isRecording())
        .length;

    expect(recorded({})).toBe(roots);
    expect(recorded({ traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00' })).toBe(ofUnsampled);
  });

  it('records work that a recorded trace caused, also where the sampler records no new ones', async () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: refusing, OTEL_TRACES_SAMPLER: 'parentbased_always_off' };
    const { currentTraceParent, inLinkedTrace } = await start(environment);
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

    const caused = await inLinkedTrace({ name: 'later' }, `00-${traceId}-00f067aa0ba902b7-01`, async () =>
      currentTraceParent(),
    );

    expect(caused).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(caused).not.toContain(traceId);
    expect(await inLinkedTrace({ name: 'later' }, undefined, async () => currentTraceParent())).toBeUndefined();
  });

  it.each([
    ['refuses connections', async () => refusing],
    ['never responds', hangingCollector],
  ])('keeps little memory, warns rarely and ends in time when the collector %s', async (_, collector) => {
    const { telemetry, warnings, inLinkedTrace, inSpan, isRecorded } = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: await collector(),
      OTEL_BSP_SCHEDULE_DELAY: '1',
    });
    let recorded = 0;
    const endMany = async (count: number): Promise<number> => {
      for (let at = 0; at < count; at += 1) {
        await inLinkedTrace({ name: 'work' }, '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', () =>
          inSpan('part', async () => void (recorded += Number(isRecorded()))),
        );
        // Lets the exporter run.
        if (at % 1_000 === 0) await new Promise(setImmediate);
      }
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };

    const before = await endMany(5_000);
    const after = await endMany(50_000);

    expect(recorded).toBe(55_000);
    // A hundred thousand spans of about a kilobyte would be kept.
    expect(after - before).toBeLessThan(15 * 2 ** 20);
    expect(warnings.length).toBeLessThanOrEqual(5);
    const startedAt = performance.now();
    await telemetry?.shutDown();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });
});
