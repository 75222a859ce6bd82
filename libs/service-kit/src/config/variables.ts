import { parseDuration } from '@breakwater/resilience';
import { isIP } from 'node:net';
import { z } from 'zod';

/**
 * A variable that is read from text.
 *
 * @param allowed the values that are allowed, for "must be …"
 * @param read returns undefined for a value that is not allowed
 */
export function variable<T>(allowed: string, read: (text: string) => T | undefined) {
  const error = `must be ${allowed}`;
  return z.string({ error }).transform((text, context) => {
    const value = read(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: error });
    return z.NEVER;
  });
}

/** A duration such as `2s`, in milliseconds. `max` is inclusive; default: an hour. */
export const duration = ({ max = 3_600_000 } = {}) =>
  variable(`a duration such as 500ms, 2s or 1m, at most ${max / 1000}s`, (text) => {
    const ms = parseDuration(text);
    return ms !== undefined && ms >= 0 && ms <= max ? ms : undefined;
  });

/** A TCP port; 0 takes any free one. */
export const port = () =>
  variable('a port number from 0 to 65535', (text) => {
    const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
    return number <= 65_535 ? number : undefined;
  });

/** `true` or `false`. */
export const flag = () =>
  variable('true or false', (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined));

/** A decimal number of at least `min`. */
export const decimal = ({ min }: { min: number }) =>
  variable(`a number of at least ${min}`, (text) => {
    const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    return number >= min ? number : undefined;
  });

/** A whole number from `min` to `max`. */
export const wholeNumber = ({ min, max }: { min: number; max: number }) =>
  variable(`a whole number from ${min} to ${max}`, (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return number >= min && number <= max ? number : undefined;
  });

/** One of the given words. */
export const choice = <const Word extends string>(words: readonly Word[]) =>
  variable(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text));

/** Text that matches a pattern; `allowed` describes the pattern in words. */
export const matching = (pattern: RegExp, allowed: string) =>
  variable(allowed, (text) => (pattern.test(text) ? text : undefined));

/** A host name or an IP address. */
export const host = () => matching(/^[A-Za-z0-9.:_-]{1,253}$/, 'a host name or an IP address');

/** A PostgreSQL connection URL. */
export const databaseUrl = () =>
  variable('a URL such as postgres://user:password@localhost:5432/database', (text) =>
    /^postgres(ql)?:\/\//.test(text) && URL.canParse(text) ? text : undefined,
  );

/** One or more base URLs of an HTTP service, comma separated, without a slash at the end. */
export const baseUrls = () =>
  variable('one or more URLs such as http://localhost:3001, comma separated', (text) => {
    const urls = text.split(',').map((url) => url.trim().replace(/\/+$/, ''));
    return urls.every((url) => /^https?:\/\/[^?#]+$/.test(url) && URL.canParse(url)) ? urls : undefined;
  });

const namedNetworks = new Set(['loopback', 'linklocal', 'uniquelocal']);
const maxHops = 10;

/**
 * The proxies whose `X-Forwarded-For` is trusted: addresses and networks (`10.0.0.0/8`), `loopback`, `linklocal` or `uniquelocal`,
 * comma separated; or the number of proxies in front, where their addresses are not known. A number trusts every direct peer, so
 * it is safe only where all peers are proxies.
 */
export const trustedProxies = () =>
  variable(
    `addresses or networks such as 10.0.0.0/8, comma separated, or a number of proxies from 1 to ${maxHops}`,
    (text) => {
      if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= maxHops ? Number(text) : undefined;
      const networks = text.split(',').map((network) => network.trim());
      return networks.every((network) => namedNetworks.has(network) || isNetwork(network)) ? networks : undefined;
    },
  );

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (bits === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
}
