import { outcomeOf } from '@breakwater/system-runner/ledger';
import { newTrace, requireSpans, type Span, spansOf } from '@breakwater/system-runner/traces';
import { Agent } from 'node:http';
import { eventually, namespace, until } from '../cluster.ts';
import { Component, untilStarted } from '../component.ts';
import { openAccount } from '../in-pod/open-accounts.ts';
import { nameOf, type Pod } from '../pods.ts';
import type { Run } from '../run.ts';
import type { Step } from '../step.ts';

const programs = ['otel-collector', 'jaeger'];

export const traces: Step = {
  name: 'traces',
  title: 'with the component tracing, the trace of a request has HTTP and SQL spans, and names the pods that served it',
  run: async (run, record) => {
    const component = new Component(run, 'tracing');
    await component.add();
    const missing = await untilStarted('the collector and Jaeger are', programs.length, async () =>
      (await run.cluster.pods()).filter((pod) => programs.includes(nameOf(pod))),
    );
    if (missing !== undefined) {
      record.missing = `the images of the collector and of Jaeger cannot be had here: ${missing}`;
      await component.remove();
      return;
    }
    await component.change();
    // Until then nginx may send a request to an old replica, which records nothing.
    const pods = [...(await run.untilReady('account')), ...(await run.untilReady('customer'))];
    const spans = await traceOfRequest(run);
    record.note('spans', spans.length);
    record.faults.push(...resourceFaultsOf(spans, pods));
    await run.audit(record);
    // After a failure it stays, for the diagnosis.
    if (record.faults.length === 0) await component.remove();
  },
};

/** Opens an account through nginx. @returns the spans of the request @throws Error when one is missing */
async function traceOfRequest(run: Run): Promise<readonly Span[]> {
  const [nginx, jaeger] = await Promise.all([
    run.cluster.forward('service/nginx', 80),
    run.cluster.forward('deployment/jaeger', 16686),
  ]);
  try {
    // Only a request that customer verifies has spans of customer.
    const { traceId, traceparent } = await until('an account is opened', 60, async () => {
      const trace = newTrace();
      const request = await openAccount({
        url: `http://127.0.0.1:${nginx.port}`,
        customerId: 'c-1001',
        connection: 'new',
        agent: new Agent({ keepAlive: false }),
        headers: { traceparent: trace.traceparent },
      });
      // The audit compares it with the ledger.
      run.requests.push(request);
      return outcomeOf(request) === 'verified now' ? trace : undefined;
    });
    return await eventually(60, async () => {
      const received = await spansOf(`http://127.0.0.1:${jaeger.port}`, traceId);
      requireSpans(received, traceparent);
      return received;
    });
  } finally {
    nginx.close();
    jaeger.close();
  }
}

/** Where spans name other pods than those that run. */
export function resourceFaultsOf(spans: readonly Span[], pods: readonly Pod[]): string[] {
  const faults = spans.flatMap(({ service, resource }) => {
    const name = resource['k8s.pod.name'];
    const pod = pods.find(({ metadata }) => metadata.name === name);
    if (pod === undefined || nameOf(pod) !== service) return [`a span of ${service} names the pod ${String(name)}`];
    const expected = {
      'service.instance.id': pod.metadata.name,
      'k8s.namespace.name': namespace,
      'k8s.node.name': pod.spec?.nodeName,
    };
    return Object.entries(expected)
      .filter(([attribute, value]) => resource[attribute] !== value)
      .map(
        ([attribute, value]) =>
          `${attribute} of pod ${pod.metadata.name} is ${String(resource[attribute])}, not ${value}`,
      );
  });
  return [...new Set(faults)];
}
