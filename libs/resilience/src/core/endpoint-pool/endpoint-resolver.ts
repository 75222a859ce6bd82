import type { CallEndpoint } from '../call-endpoints.ts';
import { nodeModule } from '../platform.ts';

/** An endpoint that a resolver found. */
export interface ResolvedEndpoint {
  /** Its base URL, e.g. `http://10.0.0.7:3000`. */
  readonly url: string;
  /** In events and metrics; host and port of the URL by default. */
  readonly name?: string;
}

/** Finds the endpoints of a dependency, e.g. in Consul or Eureka. */
export interface EndpointResolver {
  /**
   * Returns all present endpoints. An endpoint that is left out is removed from the pool. While it fails or returns none, the
   * pool keeps the last ones. It is not called again before its promise has settled.
   */
  resolve(): PromiseLike<readonly ResolvedEndpoint[]> | readonly ResolvedEndpoint[];
}

/** The functions of `node:dns/promises` that a pool uses. */
export interface EndpointDns {
  lookup(hostname: string, options: { readonly all: true }): Promise<readonly DnsAddress[]>;
  resolveSrv(hostname: string): Promise<readonly DnsServer[]>;
}

interface DnsAddress {
  readonly address: string;
  readonly family: number;
}

interface DnsServer {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
}

/** Looks the functions up for each call: `setServers` of `node:dns` replaces them. */
export const systemDns: EndpointDns = {
  lookup: async (hostname, options) => dns().lookup(hostname, options),
  resolveSrv: async (hostname) => dns().resolveSrv(hostname),
};

/** @throws Error in a browser, which has no DNS */
function dns(): EndpointDns {
  const found = nodeModule<EndpointDns>('node:dns/promises');
  if (found === undefined) throw new Error('Endpoints can only be resolved by DNS in Node.js.');
  return found;
}

/** Which records name the endpoints: `ADDRESS` those of a host (A and AAAA), `SRV` those of a service with their ports. */
export type DnsRecordType = 'ADDRESS' | 'SRV';

/** Resolves the host of a URL. The endpoints keep its protocol, path and, with `ADDRESS`, its port. */
export class DnsResolver implements EndpointResolver {
  readonly #url: string;
  readonly #recordType: DnsRecordType;
  readonly #dns: EndpointDns;

  constructor(url: string, recordType: DnsRecordType, dns: EndpointDns) {
    this.#url = url;
    this.#recordType = recordType;
    this.#dns = dns;
  }

  resolve(): Promise<readonly ResolvedEndpoint[]> {
    return this.#recordType === 'SRV' ? this.#servers() : this.#addresses();
  }

  /**
   * `lookup` uses the system's resolver, which knows the search domains of Kubernetes and compose. Of a host with addresses
   * of both families it returns each server twice, so only the family that the system prefers counts.
   */
  async #addresses(): Promise<readonly ResolvedEndpoint[]> {
    const addresses = await this.#dns.lookup(hostOf(this.#url), { all: true });
    return addresses
      .filter(({ family }) => family === addresses[0]!.family)
      .map(({ address, family }) => this.#endpoint({ hostname: family === 6 ? `[${address}]` : address }));
  }

  /** Servers of a lower priority are for when the others are unavailable (RFC 2782). */
  async #servers(): Promise<readonly ResolvedEndpoint[]> {
    const servers = await this.#dns.resolveSrv(hostOf(this.#url));
    const priority = Math.min(...servers.map((server) => server.priority));
    return servers
      .filter((server) => server.priority === priority)
      .map(({ name, port }) => this.#endpoint({ hostname: name.replace(/\.$/, ''), port: String(port) }));
  }

  #endpoint(resolved: { readonly hostname: string; readonly port?: string }): ResolvedEndpoint {
    return { url: Object.assign(new URL(this.#url), resolved).href };
  }
}

/** Without the brackets of an IPv6 address. */
function hostOf(url: string): string {
  return new URL(url).hostname.replaceAll(/[[\]]/g, '');
}

/**
 * Checks what a resolver returned, and completes the names.
 *
 * @throws TypeError when it is no list of endpoints with different URLs and names, or empty
 */
export function checkedEndpoints(resolved: unknown): readonly CallEndpoint[] {
  if (!Array.isArray(resolved)) throw new TypeError('A resolver must return a list of endpoints.');
  if (resolved.length === 0) throw new TypeError('The resolver found no endpoint.');
  const endpoints = resolved.map((each: unknown) => {
    const { url: given, name: givenName } = (each ?? {}) as { readonly url?: unknown; readonly name?: unknown };
    const url = baseUrl(given);
    if (url === undefined)
      throw new TypeError(`A resolver returned an endpoint without a valid url: ${String(given)}.`);
    return { url, name: typeof givenName === 'string' && givenName !== '' ? givenName : nameOf(url) };
  });
  for (const field of ['url', 'name'] as const) {
    const duplicate = endpoints.find((each, at) => endpoints.findIndex((other) => other[field] === each[field]) < at);
    if (duplicate !== undefined) {
      throw new TypeError(`A resolver returned two endpoints with the ${field} ${duplicate[field]}.`);
    }
  }
  return endpoints;
}

/** Host and port, with the path if it has one. */
export function nameOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname.replace(/\/$/, '')}`;
}

/** A URL without a slash at the end; `undefined` if it is none, or cannot be a base. */
export function baseUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const { host, href, search, hash } = new URL(value);
  return host === '' || search !== '' || hash !== '' ? undefined : href.replace(/\/$/, '');
}
