/** Whether a name can be one segment of the path of a URL. `.` and `..` cannot, also escaped: every client removes them. */
export const isPathSegment = (name: string): boolean => !['', '.', '..'].includes(name);

/**
 * A name as one segment of the path of a URL.
 *
 * @throws RangeError for a name that would change the path
 */
export function pathSegment(name: string): string {
  if (isPathSegment(name)) return encodeURIComponent(name);
  throw new RangeError(`'${name}' cannot be a segment of a URL`);
}
