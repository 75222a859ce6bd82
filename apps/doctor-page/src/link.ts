/** What a link carries in its fragment, which browsers do not send to a server. */
export interface Linked {
  readonly text: string;
  readonly instance: string | undefined;
  /** The settings that are not the defaults, by option. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The fragment of a link. */
export function fragmentOf(linked: Linked): string {
  const bytes = new TextEncoder().encode(JSON.stringify(linked));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return `#${btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

/** What the fragment of a link carries; `undefined` if it is not one of this page. */
export function linkedIn(fragment: string): Linked | undefined {
  try {
    const binary = atob(fragment.slice(1).replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    const { text, instance, settings } = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Linked>;
    if (typeof text !== 'string' || typeof settings !== 'object') return undefined;
    return { text, instance: typeof instance === 'string' ? instance : undefined, settings };
  } catch {
    return undefined;
  }
}
