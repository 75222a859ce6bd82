import { isIPv6 } from 'node:net';

/** Limits what each client holds at the same time, such as requests in flight or streams, so that no client can hold everything. */
export class ClientLimit {
  readonly #held = new Map<string, number>();

  /** @param max how much one client may hold; 0: without a limit */
  constructor(readonly max: number) {}

  /** Whether the client at an address may hold one more. */
  permits(address: string): boolean {
    return this.max === 0 || (this.#held.get(clientOf(address)) ?? 0) < this.max;
  }

  /** @returns a function that releases what the client holds, once; undefined when the client holds `max` already */
  tryAcquire(address: string): (() => void) | undefined {
    if (!this.permits(address)) return undefined;
    const client = clientOf(address);
    this.#held.set(client, (this.#held.get(client) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (this.#held.get(client) ?? 1) - 1;
      if (left === 0) this.#held.delete(client);
      else this.#held.set(client, left);
    };
  }
}

const groupsOfNetwork = 4;

/**
 * The client at an address: an IPv4 address, also where it is mapped to IPv6, or a /64 network of IPv6, which is what one household
 * has.
 *
 * @example
 * clientOf('::ffff:192.0.2.1'); // 192.0.2.1
 * clientOf('2001:db8::1'); // 2001:db8:0:0::/64
 */
export function clientOf(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  // A URL has each IPv6 address in one form; it has no zone, such as %eth0.
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]`);
  const [left = '', right] = hostname.slice(1, -1).split('::');
  const [start, end] = [left, right ?? ''].map((text) => text.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - (start?.length ?? 0) - (end?.length ?? 0) }, () => '0');
  return `${[...(start ?? []), ...zeros, ...(end ?? [])].slice(0, groupsOfNetwork).join(':')}::/64`;
}
