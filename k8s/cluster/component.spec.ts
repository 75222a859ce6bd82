import { describe, expect, it } from 'vitest';
import { canRender } from '../checks/rendered.ts';
import { render } from '../kustomize/kustomize.ts';
import { type Manifest, parseManifests } from '../kustomize/manifest.ts';
import { differenceOf, listOf, untilStarted } from './component.ts';
import type { Pod } from './pods.ts';

const object = (kind: string, name: string, spec: object = {}): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'breakwater' },
  spec,
});

const titlesOf = (objects: readonly Manifest[]): string[] =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted();

describe('differenceOf', () => {
  it('has the objects that are added, and those that are changed with their former state', () => {
    const [same, before, after, added] = [
      object('Service', 'account'),
      object('Deployment', 'account', { a: 1 }),
      object('Deployment', 'account', { a: 2 }),
      object('Deployment', 'jaeger'),
    ] as const;

    expect(differenceOf([same, before], [after, { ...same }, added])).toEqual({
      added: [added],
      before: [before],
      after: [after],
    });
  });

  describe.skipIf(!canRender)('of a component', () => {
    const differenceWith = (component: string) => {
      const [without, having] = [[], [component]].map((components) =>
        parseManifests(render({ overlay: 'local', components: ['network-policies', ...components] })),
      );
      return differenceOf(without!, having!);
    };

    it('leaves autoscalers and Jobs alone with tracing', () => {
      const { added, before, after } = differenceWith('tracing');

      expect(titlesOf(after)).toEqual(['Deployment account', 'Deployment console', 'Deployment customer']);
      expect(titlesOf(before)).toEqual(titlesOf(after));
      expect(titlesOf(added)).toEqual(expect.arrayContaining(['Deployment jaeger', 'Deployment otel-collector']));
    });

    it('changes no object of the system with monitoring', () => {
      const { added, after } = differenceWith('monitoring');

      expect(after).toEqual([]);
      expect(titlesOf(added)).toEqual([
        'PrometheusRule breakwater',
        'Service nginx-status',
        'ServiceMonitor breakwater',
        'ServiceMonitor load-balancer',
      ]);
    });
  });
});

describe('listOf', () => {
  it('is one list, in which texts cannot be read as truth values', () => {
    expect(listOf([{ value: 'on' }])).toBe('{"apiVersion":"v1","kind":"List","items":[{"value":"on"}]}');
  });
});

describe('untilStarted', () => {
  const podWith = (status: Pod['status']): Pod => ({ metadata: { name: 'jaeger-1' }, ...(status && { status }) });
  const ready = podWith({ conditions: [{ type: 'Ready', status: 'True' }] });
  const waiting = (reason: string): Pod =>
    podWith({ containerStatuses: [{ name: 'jaeger', restartCount: 0, state: { waiting: { reason, message: 'm' } } }] });

  it('is finished when enough pods are ready', async () => {
    const reads = [[], [ready], [ready, ready]];

    await expect(untilStarted('pods are', 2, async () => reads.shift()!, 0)).resolves.toBeUndefined();
    expect(reads).toEqual([]);
  });

  it('reports an image that the node cannot get', async () => {
    await expect(untilStarted('pods are', 1, async () => [waiting('ErrImagePull')])).resolves.toContain(
      'container jaeger of pod jaeger-1: ErrImagePull: m',
    );
  });

  it('fails for another problem that waiting does not end', async () => {
    await expect(untilStarted('pods are', 1, async () => [waiting('CreateContainerConfigError')])).rejects.toThrow(
      'CreateContainerConfigError',
    );
  });
});
