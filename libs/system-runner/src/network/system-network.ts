import type { ServiceReplica } from '../service-replica.ts';
import { FaultProxy, type NetworkFault } from './fault-proxy.ts';

/** A kind of connection between two parts of a system. */
export type Edge = 'gateway-account' | 'account-customer' | 'account-database' | 'customer-database';

export const edges: readonly Edge[] = ['gateway-account', 'account-customer', 'account-database', 'customer-database'];

/** The two ends of a connection, such as `account-1` and `customer-2`. */
export interface Ends {
  readonly from?: ServiceReplica['name'];
  readonly to?: ServiceReplica['name'];
}

/** Where a part of the system connects to. */
export interface Routes {
  /** @returns the URL under which `from` reaches `to`, whose own URL is `url` */
  route(edge: Edge, ends: Required<Ends>, url: string): Promise<string>;
}

/** Every part connects to the others directly. */
export const directRoutes: Routes = { route: async (_edge, _ends, url) => url };

/** A proxy between any two parts of a system that are connected, so that each connection can be disturbed alone. */
export class SystemNetwork implements Routes {
  readonly #proxies: { readonly edge: Edge; readonly ends: Required<Ends>; readonly proxy: FaultProxy }[] = [];

  async route(edge: Edge, ends: Required<Ends>, url: string): Promise<string> {
    const proxy = await FaultProxy.open(url);
    this.#proxies.push({ edge, ends, proxy });
    return proxy.url;
  }

  /**
   * Disturbs an edge.
   *
   * @param only the ends of the connections that are disturbed; default: all of the edge
   * @throws Error when there is no such connection
   */
  inject(edge: Edge, fault: NetworkFault, only: Ends = {}): void {
    const affected = this.#proxies.filter(
      ({ edge: each, ends }) =>
        each === edge && (only.from ?? ends.from) === ends.from && (only.to ?? ends.to) === ends.to,
    );
    if (affected.length === 0) throw new Error(`no connection ${edge} from ${only.from} to ${only.to}`);
    for (const { proxy } of affected) proxy.inject(fault);
  }

  /** Ends all faults. */
  heal(): void {
    for (const { proxy } of this.#proxies) proxy.heal();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#proxies.map(({ proxy }) => proxy.close()));
  }

  /** As {@link stop}, without waiting. */
  kill(): void {
    void this.stop();
  }
}
