import { OtlpReceiver, type ReceivedSpan } from '@breakwater/system-runner/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DemoProcess } from './testing/demo-process.ts';

const keyOf = ({ traceId, spanId }: Pick<ReceivedSpan, 'traceId' | 'spanId'>): string => `${traceId} ${spanId}`;

const described = ({ service, kind, name }: ReceivedSpan): string => `${service} ${kind} ${name}`;

describe('the telemetry of a whole demo', () => {
  let receiver: OtlpReceiver;
  let demo: DemoProcess;
  let spans: readonly ReceivedSpan[];
  let traces: readonly (readonly ReceivedSpan[])[];

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    demo = new DemoProcess(['--once', '--time-scale', '3'], receiver.environment);
    await demo.ended();
    // Whether each experiment had the expected result is the subject of demo.e2e.spec.ts.
    if (!demo.stderr.includes('✔ recovery of')) throw new Error(`The demo did not run to its end:\n${demo.stderr}`);
    ({ spans } = receiver);
    traces = Object.values(Object.groupBy(spans, ({ traceId }) => traceId)).map((trace) => trace ?? []);
  }, 180_000);

  afterAll(async () => {
    await demo?.cleanUp();
    await receiver?.stop();
  });

  it('has each span once, and no span without its parent', () => {
    const keys = new Set(spans.map((span) => keyOf(span)));
    const orphans = spans.filter(
      ({ traceId, parentSpanId }) => parentSpanId !== undefined && !keys.has(keyOf({ traceId, spanId: parentSpanId })),
    );

    expect(keys.size).toBe(spans.length);
    expect(orphans.map((span) => described(span))).toEqual([]);
  });

  it('has one trace for each request, which begins where the request arrived', () => {
    const roots = traces.map((trace) => trace.filter(({ parentSpanId }) => parentSpanId === undefined));

    expect(roots.filter((each) => each.length !== 1).map((each) => each.map((span) => described(span)))).toEqual([]);
    const experiments = roots.flat().filter(({ name }) => name === 'POST /experiments/customer-lookups');
    // Five experiments, and the recovery of one of them.
    expect(experiments.length).toBeGreaterThanOrEqual(6);
    expect(new Set(experiments.map(({ traceId }) => traceId)).size).toBe(experiments.length);
  });

  it('joins both services: each response of customer belongs to one call of account', () => {
    const calls = spans.filter(
      ({ service, kind, name }) => service === 'account' && kind === 'client' && name.startsWith('GET /customers'),
    );
    const served = spans.filter(
      ({ service, kind, name }) => service === 'customer' && kind === 'server' && name.startsWith('GET /customers'),
    );
    const servedFor = (call: ReceivedSpan) =>
      served.filter(({ traceId, parentSpanId }) => traceId === call.traceId && parentSpanId === call.spanId);

    expect(served.length).toBeGreaterThan(20);
    expect(
      served.filter(
        ({ traceId, parentSpanId }) => !calls.some((call) => call.traceId === traceId && call.spanId === parentSpanId),
      ),
    ).toEqual([]);
    for (const call of calls.filter(({ attributes }) => attributes['http.response.status_code'] !== undefined)) {
      expect(servedFor(call)).toHaveLength(1);
    }
  });

  it('contains no id of a customer', () => {
    expect(JSON.stringify(spans)).not.toMatch(/\bc-\d{4}\b/);
  });
});
