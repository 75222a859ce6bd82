/** What W3C Trace Context asks every service to pass on at least, in characters. */
const maxLength = 512;
const maxMembers = 32;
/** Beyond this a member is the first to go where the whole is too long. */
const longMember = 128;

const key = String.raw`(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})`;
/** Printable ASCII without comma and equals sign; the last character is no blank. */
const value = String.raw`[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]`;
const member = new RegExp(`^(${key})=${value}$`);

/**
 * Reads a `tracestate` header: what tracing systems on the way have to tell one another. It is passed on as it came, in 512
 * characters at most: of a longer one, members of more than 128 characters go first, then the last ones.
 *
 * @returns undefined where there is none, or one that is malformed: then none of it can be trusted
 */
export function parseTraceState(header: string | undefined): string | undefined {
  const members = (header ?? '')
    .split(',')
    .map((text) => text.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
    .filter(Boolean);
  const keys = members.map((text) => member.exec(text)?.[1]);
  const isWellFormed =
    members.length <= maxMembers && !keys.includes(undefined) && new Set(keys).size === members.length;
  return isWellFormed && members.length > 0 ? shorten(members) : undefined;
}

function shorten(members: readonly string[]): string | undefined {
  const kept = [...members];
  while (kept.join(',').length > maxLength) {
    // Where none is long, the index is -1, which is the last one's.
    kept.splice(
      kept.findIndex(({ length }) => length > longMember),
      1,
    );
  }
  return kept.length > 0 ? kept.join(',') : undefined;
}
