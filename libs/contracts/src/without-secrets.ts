/** Shown instead of a secret. */
const mask = '***';

/** The last word of the name of a parameter whose value is secret, such as `sslpassword` and `access_token`. */
const secretName = /(?:auth|credentials?|key|pass|passphrase|passwd|password|pwd|secret|sig|signature|token)$/i;

/**
 * Masks the secrets of every URL in a text, for messages, logs and pages: the password before the `@`, a user name that is alone
 * there unless the URL is of PostgreSQL, and the values of parameters such as `password`, also of a keyword connection string
 * (`host=db password=…`). Where a URL is not valid, more than the secret may be masked. What a valid URL has as its host or its path
 * is not a secret: an unescaped `/` after digits ends the user information. A URL in a sentence should be masked first, because the
 * value of its last parameter could contain spaces.
 */
export function withoutSecrets(text: string): string {
  if (!/:\/\/|=/.test(text)) return text;
  return text
    .split(/(?=\b[a-z][a-z0-9+.-]*:\/\/)/i)
    .map((part) => maskParameters(maskUserInfo(part)))
    .join('');
}

/** @param part starts with a URL, or has none */
function maskUserInfo(part: string): string {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*:\/\/)([^\r\n]*)/i.exec(part) ?? [];
  if (scheme === undefined || rest === undefined) return part;
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  // A port that is none, as in `u:pass/word@host`: the password contains characters that end the user information of a valid URL.
  const isHost = authority !== '' && !authority.includes('@') && URL.canParse(`http://${authority}`);
  // Without a host and without a user, as for a Unix socket, an @ belongs to the path or to a parameter.
  if (isHost || authority === '') return part;
  const scope = authority.includes('@') ? authority : rest;
  const end = scope.lastIndexOf('@');
  if (end < 0) return part;
  const colon = scope.indexOf(':');
  const hasPassword = colon >= 0 && colon < end;
  if (!hasPassword && /^postgres/i.test(scheme)) return part;
  const shownUser = hasPassword ? `${scope.slice(0, colon)}:` : '';
  return scheme + shownUser + mask + part.slice(scheme.length + end);
}

function maskParameters(part: string): string {
  const maskValue = (whole: string, start: string, name: string): string =>
    secretName.test(decoded(name)) ? `${start}${name}=${mask}` : whole;
  return (
    part
      // In a URL, a space may be part of a password. A text whose URLs are masked stays as it is.
      .replace(/([?&#])([\w.%+-]+)=(?!\*\*\*(?:[\s&#]|$))[^&#\r\n]*/g, maskValue)
      .replace(/(^|[\s("])([\w.%+-]+)=(?:'(?:[^'\\]|\\.)*'|[^\s"]*)/g, maskValue)
  );
}

/** The driver of the database decodes the names of parameters, too. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
