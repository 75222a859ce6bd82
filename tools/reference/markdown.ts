import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { workspaceRoot } from '../workspace.ts';

/** A Markdown table; vertical bars in cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export const code = (text: string): string => `\`${text}\``;

export const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

/** A scalar or a list as text. */
export const plainText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Markdown with lines of at most 100 characters. */
export async function paragraphs(parts: readonly string[]): Promise<string> {
  return (await format(parts.join('\n\n'), { parser: 'markdown', proseWrap: 'always', printWidth: 100 })).trimEnd();
}

/**
 * A page with its generated parts: they are between `<!-- name -->` and `<!-- end -->`; the rest stays as it is.
 *
 * @param file relative to the workspace root
 * @param parts the generated parts by name
 */
export async function filledIn(file: string, parts: Readonly<Record<string, string>>): Promise<string> {
  const path = join(workspaceRoot, file);
  let text = await readFile(path, 'utf8');
  for (const [name, content] of Object.entries(parts)) {
    const part = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end -->)`);
    if (!part.test(text)) throw new Error(`${file} has no part '${name}'.`);
    text = text.replace(part, (_all, before: string, after: string) => `${before}\n${content}\n\n${after}`);
  }
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}
