/** A service's name as each kind of place spells it. */
export interface ServiceName {
  /** Folders, packages, log lines and the database's schema: `audit-trail`. */
  readonly name: string;
  /** Classes: `AuditTrail`. */
  readonly Name: string;
  /** Constants and functions: `auditTrail`. */
  readonly camel: string;
  /** Variables of the environment: `AUDIT_TRAIL`. */
  readonly NAME: string;
}

/** The name, or what there is, does not allow to make the service; the message says why and what would. */
export class CannotMakeServiceError extends Error {
  override readonly name = 'CannotMakeServiceError';
}

/** Leaves room for what names are part of: roles, labels and containers may have 63 characters. */
const longest = 40;

/** @throws CannotMakeServiceError when it is no name for a service */
export function readServiceName(text: string): ServiceName {
  const fault = faultOf(text);
  if (fault !== undefined) throw new CannotMakeServiceError(`'${text}' is no name for a service: ${fault}.`);
  const Name = text.replaceAll(/(?:^|-)(?<letter>.)/g, (_match, letter: string) => letter.toUpperCase());
  return {
    name: text,
    Name,
    camel: Name.charAt(0).toLowerCase() + Name.slice(1),
    NAME: text.replaceAll('-', '_').toUpperCase(),
  };
}

function faultOf(text: string): string | undefined {
  if (!/^[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*$/.test(text)) {
    return 'it is made of lower-case letters and digits, with dashes between words, such as audit-trail';
  }
  if (text.length > longest) return `it has ${longest} characters at most`;
  if (text.endsWith('-e2e')) return 'the package of its end-to-end tests is called that, and comes with it';
  if (text.startsWith('pg-')) return 'PostgreSQL keeps such names of schemas for itself';
  return undefined;
}
