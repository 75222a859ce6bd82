import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

export const workspaceRoot = join(import.meta.dirname, '../..');

/** A table of Markdown; what would end a cell is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export const code = (text: string): string => `\`${text}\``;

/** Markdown with lines of at most 100 characters. */
export async function paragraphs(parts: readonly string[]): Promise<string> {
  return (await format(parts.join('\n\n'), { parser: 'markdown', proseWrap: 'always', printWidth: 100 })).trimEnd();
}

/**
 * A page as it should be: what is generated stands between `<!-- name -->` and `<!-- end -->`, the rest is kept.
 *
 * @param file from the top of the workspace
 * @param parts what is generated, by name
 */
export async function filledIn(file: string, parts: Readonly<Record<string, string>>): Promise<string> {
  const path = join(workspaceRoot, file);
  let text = await readFile(path, 'utf8');
  for (const [name, content] of Object.entries(parts)) {
    const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end -->)`);
    if (!place.test(text)) throw new Error(`${file} has no place for '${name}'.`);
    text = text.replace(place, (_all, before: string, after: string) => `${before}\n${content}\n\n${after}`);
  }
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}
