import { z } from 'zod';
import { parseDuration } from './duration.ts';

/**
 * A variable read from its text. `read` gives undefined for a text it doesn't allow.
 *
 * @param allowed what is allowed, as the end of the sentence "it must be …"
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

/** A duration such as `2s`, as milliseconds. `max` is inclusive; default: an hour. */
export const duration = ({ max = 3_600_000 } = {}) =>
  variable(`a duration such as 500ms, 2s or 1m, at most ${max / 1000}s`, (text) => {
    const ms = parseDuration(text);
    return ms !== undefined && ms <= max ? ms : undefined;
  });

/** A TCP port; 0 takes any that is free. */
export const port = () =>
  variable('a port number from 0 to 65535', (text) => {
    const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
    return number <= 65_535 ? number : undefined;
  });

/** `true` or `false`. */
export const flag = () =>
  variable('true or false', (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined));

/** A number, whole or not, of at least `min`. */
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

/** A text that a pattern allows; `allowed` says it in words. */
export const matching = (pattern: RegExp, allowed: string) =>
  variable(allowed, (text) => (pattern.test(text) ? text : undefined));

/** A host name or an IP address. */
export const host = () => matching(/^[A-Za-z0-9.:_-]{1,253}$/, 'a host name or an IP address');

/** A PostgreSQL connection URL. */
export const databaseUrl = () =>
  variable('a URL such as postgres://user:password@localhost:5432/database', (text) =>
    /^postgres(ql)?:\/\//.test(text) && URL.canParse(text) ? text : undefined,
  );

/** One or more base URLs of a service over HTTP, comma separated; without a slash at the end. */
export const baseUrls = () =>
  variable('one or more URLs such as http://localhost:3001, comma separated', (text) => {
    const urls = text.split(',').map((url) => url.trim().replace(/\/+$/, ''));
    return urls.every((url) => /^https?:\/\/[^?#]+$/.test(url) && URL.canParse(url)) ? urls : undefined;
  });
