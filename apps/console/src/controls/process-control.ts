import type { ProcessAction, ReplicaProcess } from '@breakwater/contracts/processes';
import { callReplica, type ReplicaResponse } from '@breakwater/contracts/replicas';

const pollTimeoutMs = 1_000;
const changeTimeoutMs = 5_000;

/** The processes of the replicas, which the program that has started them lists and changes. */
export class ProcessControl {
  readonly #url: string;

  /** @param url the base URL of that program's endpoint */
  constructor(url: string) {
    this.#url = url;
  }

  /** `null` while the program does not respond. */
  async list(): Promise<readonly ReplicaProcess[] | null> {
    const { status, body } = await callReplica(`${this.#url}/replicas`, { timeoutMs: pollTimeoutMs });
    return status === 200 ? (body as { readonly replicas: readonly ReplicaProcess[] }).replicas : null;
  }

  /** @param authorization as the page has sent it */
  change(replica: string, action: ProcessAction, authorization: string | undefined): Promise<ReplicaResponse> {
    const url = `${this.#url}/replicas/${replica}/${action}`;
    return callReplica(url, { method: 'POST', authorization, timeoutMs: changeTimeoutMs });
  }
}
