import { ClientDisconnectedError } from '@breakwater/service-kit';
import type { Exchange, Fault, Random, Struck } from './fault.ts';
import type { RateSetting } from './faults.schema.ts';

/** Connections that are reset: a process that crashed, as its caller sees it. */
export class Reset implements Fault<RateSetting> {
  #rate = 0;

  constructor(
    private readonly random: Random,
    private readonly struck: Struck,
  ) {}

  get isActive(): boolean {
    return this.#rate > 0;
  }

  set(setting: RateSetting | null): void {
    this.#rate = setting?.rate ?? 0;
  }

  /** @throws ClientDisconnectedError where it struck, as nobody is left to be answered */
  strike({ raw: response }: Exchange): void {
    if (this.random() >= this.#rate) return;
    this.struck();
    response.socket?.resetAndDestroy();
    throw new ClientDisconnectedError();
  }
}
