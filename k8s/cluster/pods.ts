/** The fields of a pod that are read. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
  readonly containerID?: string;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
}

/** The label with the name of the service. */
export const nameLabel = 'app.kubernetes.io/name';

/** The name of the service that a pod belongs to. */
export const nameOf = ({
  metadata,
}: {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}): string => metadata.labels?.[nameLabel] ?? '';

const condition = ({ status }: Pod, type: string) => status?.conditions?.find((each) => each.type === type);

/** Whether a pod receives requests. */
export const isReady = (pod: Pod): boolean =>
  pod.metadata.deletionTimestamp === undefined && condition(pod, 'Ready')?.status === 'True';

/** The pods of a workload that serves; the pods of Jobs end. */
export const serves = ({ metadata }: Pod): boolean =>
  metadata.ownerReferences?.every(({ kind }) => kind !== 'Job') ?? true;

/** How often containers were restarted. */
export const restartsOf = (pods: readonly Pod[]): number =>
  pods
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);

/** The id of the only container of a pod, without the name of the runtime. */
export const containerIdOf = ({ status }: Pod): string =>
  status?.containerStatuses?.[0]?.containerID?.split('//').at(-1) ?? '';

/** The states of a container whose image is not on the node and cannot be pulled. */
const imageReasons: readonly string[] = ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull'];

/** States of a container that waiting does not end. */
const hopeless: Readonly<Record<string, string>> = {
  ...Object.fromEntries(imageReasons.map((reason) => [reason, 'Load the image into the nodes first (k8s/README.md)'])),
  InvalidImageName: 'Correct the name of the image',
  CreateContainerConfigError: 'Correct the Secrets and ConfigMaps',
};

/** Why a pod will not become ready, and what to do; undefined while it may. */
export function problemOf(pod: Pod): string | undefined {
  for (const { name, state } of containersOf(pod)) {
    const { reason = '', message = '' } = state?.waiting ?? {};
    const remedy = hopeless[reason];
    if (remedy !== undefined) return `container ${name} of pod ${pod.metadata.name}: ${reason}: ${message}. ${remedy}.`;
  }
  return undefined;
}

/** Whether a container does not start because the node cannot get its image. */
export const lacksImage = (pod: Pod): boolean =>
  containersOf(pod).some(({ state }) => imageReasons.includes(state?.waiting?.reason ?? ''));

const containersOf = ({ status }: Pod): readonly ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/** Why a pod is on no node; undefined when it is on one. The scheduler may find one later. */
export function unschedulable(pod: Pod): string | undefined {
  const scheduled = condition(pod, 'PodScheduled');
  return scheduled?.status === 'False' ? `pod ${pod.metadata.name}: ${scheduled.message ?? 'no node'}` : undefined;
}
