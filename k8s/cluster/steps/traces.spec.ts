import type { Span } from '@breakwater/system-runner/traces';
import { describe, expect, it } from 'vitest';
import { nameLabel, type Pod } from '../pods.ts';
import { resourceFaultsOf } from './traces.ts';

const pods: readonly Pod[] = ['account', 'customer'].map((service) => ({
  metadata: { name: `${service}-1`, labels: { [nameLabel]: service } },
  spec: { nodeName: 'node-1' },
}));

const spanOf = (service: string, resource: Span['resource'] = {}): Span => ({
  id: '1',
  parentId: undefined,
  service,
  name: 'SELECT',
  tags: {},
  resource: {
    'service.instance.id': `${service}-1`,
    'k8s.pod.name': `${service}-1`,
    'k8s.namespace.name': 'breakwater',
    'k8s.node.name': 'node-1',
    ...resource,
  },
});

describe('the resource attributes of spans', () => {
  it('name the pods that run', () => {
    expect(resourceFaultsOf([spanOf('account'), spanOf('customer')], pods)).toEqual([]);
  });

  it.each([
    [{ 'k8s.pod.name': 'account-2' }, 'a span of account names the pod account-2'],
    [{ 'k8s.pod.name': undefined }, 'a span of account names the pod undefined'],
    [{ 'k8s.pod.name': 'customer-1' }, 'a span of account names the pod customer-1'],
    [{ 'k8s.node.name': 'node-2' }, 'k8s.node.name of pod account-1 is node-2, not node-1'],
    [
      { 'k8s.namespace.name': '$(POD_NAMESPACE)' },
      'k8s.namespace.name of pod account-1 is $(POD_NAMESPACE), not breakwater',
    ],
    [{ 'service.instance.id': undefined }, 'service.instance.id of pod account-1 is undefined, not account-1'],
  ])('are a fault with %j, which is reported once', (wrong, fault) => {
    expect(resourceFaultsOf([spanOf('account', wrong), spanOf('account', wrong)], pods)).toEqual([fault]);
  });
});
