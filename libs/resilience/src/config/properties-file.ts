/**
 * Reads the text of a `.properties` file as Java does, with Spring's separators of documents (`#---`). The result has
 * one map for each document; of two equal keys the last one counts.
 *
 * @throws SyntaxError with the line of an escape that is not valid
 */
export function propertiesDocuments(text: string): readonly Readonly<Record<string, string>>[] {
  const documents: Map<string, string>[] = [new Map()];
  let unfinished: { readonly line: number; readonly text: string } | undefined;
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  for (const [at, line] of lines.entries()) {
    const start = line.trimStart();
    if (unfinished === undefined) {
      if (/^[#!]---\s*$/.test(line)) documents.push(new Map());
      if (start === '' || /^[#!]/.test(start)) continue;
    }
    const joined: { readonly line: number; readonly text: string } = {
      line: unfinished?.line ?? at + 1,
      text: (unfinished?.text ?? '') + start,
    };
    const continues = endsWithContinuation(line);
    unfinished = continues ? { ...joined, text: joined.text.slice(0, -1) } : undefined;
    if (continues && at < lines.length - 1) continue;
    const [key, value] = keyAndValue(continues ? joined.text.slice(0, -1) : joined.text, joined.line);
    documents.at(-1)!.set(key, value);
  }
  return documents.map((entries) => Object.fromEntries(entries));
}

/** Whether the number of backslashes at the end is odd; two of them are one as text. */
function endsWithContinuation(line: string): boolean {
  return /(?<!\\)(?:\\\\)*\\$/.test(line);
}

/** Any text; the key ends at the first `=`, `:` or space that has no backslash. */
const logicalLine = /^((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)$/s;

function keyAndValue(text: string, line: number): readonly [string, string] {
  const [, key, value] = logicalLine.exec(text)!;
  return [unescaped(key!, line), unescaped(value!, line)];
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescaped(text: string, line: number): string {
  return text.replaceAll(/\\(u.{0,4}|.)/gs, (written, escape: string) => {
    if (!escape.startsWith('u')) return escapes[escape] ?? escape;
    const digits = escape.slice(1);
    if (!/[\da-f]{4}/i.test(digits)) throw new SyntaxError(`line ${line}: '${written}' is no character`);
    return String.fromCharCode(Number.parseInt(digits, 16));
  });
}
