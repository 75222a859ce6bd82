import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Columns that text is broken to; the tables are a little narrower. */
export const width = 100;

/** Colours for standard output: none when it is not a terminal, or `NO_COLOR` is set. */
export function paint(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/** Breaks a paragraph into lines of at most {@link width} columns. */
export function wrap(paragraph: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
