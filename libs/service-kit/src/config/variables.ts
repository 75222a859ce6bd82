import {
  choice as choiceRule,
  decimal as decimalRule,
  duration as durationRule,
  durationText,
  flag as flagRule,
  type OptionRule,
  wholeNumber as wholeNumberRule,
} from '@breakwater/resilience';
import { isIP } from 'node:net';
import { z } from 'zod';
import { findDatabaseUrlFault } from './database-url.ts';

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

/** A variable with the values of an option of the library. */
const option = <T>(rule: OptionRule<T>, valueOf: (text: string) => unknown, allowed = rule.allowed) =>
  variable(allowed, (text) => rule.parse(valueOf(text)));

/** Digits only: `Number` also reads `1e3` and `0x10`. */
const numberIn = (text: string): number | undefined => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined);

/** A duration such as `2s`, in milliseconds. Both limits are inclusive; default: none and an hour. */
export const duration = ({ min = 0, max = 3_600_000 } = {}) => {
  const range = min === 0 ? `at most ${max / 1000}s` : `from ${durationText(min)} to ${durationText(max, 'h')}`;
  return option(durationRule(0, { min, max }), (text) => text, `a duration such as 500ms, 2s or 1m, ${range}`);
};

/** A TCP port; 0 takes any free one. */
export const port = () =>
  option(wholeNumberRule(0, { min: 0, max: 65_535 }), numberIn, 'a port number from 0 to 65535');

/** `true` or `false`. */
export const flag = () => option(flagRule(false), (text) => ({ true: true, false: false })[text]);

/** A decimal number of at least `min`, and at most `max` if there is one. */
export const decimal = ({ min, max }: { min: number; max?: number }) =>
  option(decimalRule(min, { min, ...(max !== undefined && { max }) }), numberIn);

/** A whole number from `min` to `max`. */
export const wholeNumber = ({ min, max }: { min: number; max: number }) =>
  option(wholeNumberRule(min, { min, max }), numberIn);

/** One of the given words. */
export const choice = <const Word extends string>(words: readonly [Word, ...Word[]]) =>
  option(choiceRule(words[0], words), (text) => text);

/** Text that matches a pattern; `allowed` describes the pattern in words. */
export const matching = (pattern: RegExp, allowed: string) =>
  variable(allowed, (text) => (pattern.test(text) ? text : undefined));

/** A host name or an IP address. */
export const host = () => matching(/^[A-Za-z0-9.:_-]{1,253}$/, 'a host name or an IP address');

/** A PostgreSQL connection URL of one host or of a Unix socket. */
export const databaseUrl = () => {
  const error = 'must be a URL such as postgres://user:password@localhost:5432/database';
  return z.string({ error }).transform((text, context) => {
    const url = text.trim();
    const fault = findDatabaseUrlFault(url);
    if (fault === undefined) return url;
    context.addIssue({ code: 'custom', message: fault === 'invalid' ? error : fault });
    return z.NEVER;
  });
};

const isBaseUrl = (url: string): boolean => /^https?:\/\/[^?#]+$/.test(url) && URL.canParse(url);

/** The base URL of an HTTP service, without a slash at the end. */
export const baseUrl = () =>
  variable('a URL such as http://localhost:4318', (text) => {
    const url = text.replace(/\/+$/, '');
    return isBaseUrl(url) ? url : undefined;
  });

/** One or more base URLs of an HTTP service, comma separated, without a slash at the end. */
export const baseUrls = () =>
  variable('one or more URLs such as http://localhost:3001, comma separated', (text) => {
    const urls = text.split(',').map((url) => url.trim().replace(/\/+$/, '')) as [string, ...string[]];
    return urls.every(isBaseUrl) ? urls : undefined;
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
