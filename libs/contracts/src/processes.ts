/** The process of a replica, as the program that started it knows it. */
export interface ReplicaProcess {
  /** The name of the replica, such as `account-1`. */
  readonly name: string;
  /** `frozen` responds to nothing (SIGSTOP). `starting` has not been ready yet, or has ended and is to be started again. */
  readonly state: 'starting' | 'running' | 'frozen';
}

/** What can be done to the process of a replica: SIGKILL, SIGSTOP and SIGCONT. */
export const processActions = ['kill', 'freeze', 'continue'] as const;

export type ProcessAction = (typeof processActions)[number];
