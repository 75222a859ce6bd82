/** A text with its placeholders replaced, or the name of one that has neither a value nor a default. */
export type Filled = { readonly text: string } | { readonly missing: string };

/** The environment that values may come from: `process.env`, or what a test gives in its place. */
export type Environment = Readonly<Record<string, string | undefined>>;

const innermost = /\$\{([^${}:]+)(?::([^{}]*))?\}/;
const mostReplacements = 100;

/**
 * Replaces Spring's placeholders: `${NAME}` and `${NAME:default}`, where the default may hold placeholders itself. Names
 * are environment variables; `${customer.wait-time}` also means `CUSTOMER_WAITTIME`, as in Spring.
 */
export function fillPlaceholders(text: string, env: Environment): Filled {
  let filled = text;
  for (let count = 0; count < mostReplacements; count++) {
    const found = innermost.exec(filled);
    if (found === null) return { text: filled };
    const [placeholder, name = '', fallback] = found;
    const value = env[name.trim()] ?? env[asVariable(name)] ?? fallback;
    if (value === undefined) return { missing: name.trim() };
    filled = filled.slice(0, found.index) + value + filled.slice(found.index + placeholder.length);
  }
  return { missing: `${text} (a placeholder that leads back to itself)` };
}

function asVariable(name: string): string {
  return name.trim().replaceAll('-', '').replaceAll('.', '_').toUpperCase();
}
