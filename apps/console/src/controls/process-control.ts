import type { ProcessAction, ReplicaProcess } from '@breakwater/contracts/processes';
import { callReplica, type ReplicaResponse } from '@breakwater/contracts/replicas';

const pollTimeoutMs = 1_000;
const changeTimeoutMs = 5_000;

/** The processes of the replicas, which the program that has started them lists and changes. */
export class ProcessControl {
  readonly #url: string;
  #processes: readonly ReplicaProcess[] | null = null;

  /** @param url the base URL of that program's endpoint */
  constructor(url: string) {
    this.#url = url;
  }

  /**
   * As the program has last responded: a page that lost the buttons for a moment would lose the focus, too. `null` before its first
   * response.
   */
  async list(): Promise<readonly ReplicaProcess[] | null> {
    const { status, body } = await callReplica(`${this.#url}/replicas`, { timeoutMs: pollTimeoutMs });
    if (status === 200) this.#processes = (body as { readonly replicas: readonly ReplicaProcess[] }).replicas;
    return this.#processes;
  }

  /** @param authorization as the page has sent it */
  change(replica: string, action: ProcessAction, authorization: string | undefined): Promise<ReplicaResponse> {
    const url = `${this.#url}/replicas/${replica}/${action}`;
    return callReplica(url, { method: 'POST', authorization, timeoutMs: changeTimeoutMs });
  }
}
