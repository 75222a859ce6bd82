import { describe, expect, it } from 'vitest';
import { containerIdOf, isReady, lacksImage, type Pod, problemOf, restartsOf, serves, unschedulable } from './pods.ts';

const pod = (status: Pod['status'], metadata: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: { name: 'account-1', ...metadata },
  ...(status && { status }),
});
const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const waiting = (reason: string) =>
  pod({
    containerStatuses: [{ name: 'account', restartCount: 0, state: { waiting: { reason, message: 'no image' } } }],
  });

describe('a pod', () => {
  it('is ready when its condition says so and it does not stop', () => {
    expect(isReady(pod(ready))).toBe(true);
    expect(isReady(pod({ conditions: [{ type: 'Ready', status: 'False' }] }))).toBe(false);
    expect(isReady(pod(undefined))).toBe(false);
    expect(isReady(pod(ready, { deletionTimestamp: '2026-01-01T00:00:00Z' }))).toBe(false);
  });

  it('serves unless it belongs to a Job', () => {
    expect(serves(pod(ready, { ownerReferences: [{ kind: 'ReplicaSet', name: 'account' }] }))).toBe(true);
    expect(serves(pod(ready, { ownerReferences: [{ kind: 'Job', name: 'account-migrations' }] }))).toBe(false);
  });

  it('has restarts and a container id without the name of the runtime', () => {
    const status = { name: 'account', restartCount: 2, containerID: 'containerd://4f1c' };

    expect(restartsOf([pod({ containerStatuses: [status] }), pod({}), pod(undefined)])).toBe(2);
    expect(containerIdOf(pod({ containerStatuses: [status] }))).toBe('4f1c');
    expect(containerIdOf(pod({}))).toBe('');
  });

  it.each(['ErrImagePull', 'ImagePullBackOff', 'CreateContainerConfigError'])('cannot recover from %s', (reason) => {
    expect(problemOf(waiting(reason))).toMatch(
      new RegExp(`^container account of pod account-1: ${reason}: no image\\. (Load|Correct) `),
    );
  });

  it.each(['ContainerCreating', 'CrashLoopBackOff', 'PodInitializing'])('may recover from %s', (reason) => {
    expect(problemOf(waiting(reason))).toBeUndefined();
  });

  it('lacks an image, also that of an init container, when it cannot be pulled', () => {
    const initContainer = { name: 'init', restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } };

    expect(lacksImage(waiting('ErrImageNeverPull'))).toBe(true);
    expect(lacksImage(pod({ initContainerStatuses: [initContainer] }))).toBe(true);
    expect(lacksImage(waiting('CreateContainerConfigError'))).toBe(false);
    expect(lacksImage(pod(ready))).toBe(false);
  });

  it('is unschedulable for a reason of the scheduler', () => {
    const condition = { type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' };

    expect(unschedulable(pod({ conditions: [condition] }))).toBe('pod account-1: 0/1 nodes are available');
    expect(unschedulable(pod(ready))).toBeUndefined();
  });
});
