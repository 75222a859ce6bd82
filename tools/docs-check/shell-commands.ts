import type { Fence, MarkdownPage } from './markdown.ts';

const shells = new Set(['sh', 'bash', 'shell', 'console']);

/** A code span or an indented line is a command where it begins with one of these and has more than that. */
const programs = [
  'apt-get',
  'curl',
  'docker',
  'git',
  'helm',
  'k3d',
  'kind',
  'kubectl',
  'kustomize',
  'node',
  'npm',
  'npx',
  'pg_isready',
  'promtool',
];
const command = new RegExp(`^(?:[A-Z_]+=\\S+ )*(?:${programs.join('|')}) .`);
/** `npm run screenshots` is a command; `npm run …` is a manner of speaking. */
const placeholder = /…|\.\.\.$/;

/** Every shell command of a page, each once, in the order of its kinds: blocks, indented lines, words within sentences. */
export function shellCommandsOf(page: MarkdownPage): readonly string[] {
  const inBlocks = page.fences.filter(isShell).flatMap(commandsOfBlock);
  const inLines = page.indentedLines.filter((line) => command.test(line)).flatMap((line) => commandsOf(line));
  const inSentences = page.codeSpans.filter((span) => command.test(span) && !placeholder.test(span));
  return [...new Set([...inBlocks, ...inLines, ...inSentences])];
}

export function isShell({ language }: Fence): boolean {
  return shells.has(language);
}

/** The commands of a block in their order. */
export const commandsOfBlock = ({ text }: Fence): readonly string[] => commandsOf(text);

/**
 * Shell text, taken apart as far as our pages need it: a command ends with its line, unless a quote is open, the line ends
 * with a backslash, or a loop is not done. Comments are left out.
 */
function commandsOf(text: string): readonly string[] {
  const commands: string[] = [];
  let current = '';
  let quote: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '\\' && quote !== "'") {
      // Escaped: the line goes on, or the next character means itself.
      current += text[at + 1] === '\n' ? '' : character + (text[at + 1] ?? '');
      at += 1;
      if (text[at] === '\n') while (text[at + 1] === ' ') at += 1;
    } else if (quote !== undefined) {
      current += character;
      if (character === quote) quote = undefined;
    } else if (character === '#' && /(?:^|\s)$/.test(current)) {
      while (at + 1 < text.length && text[at + 1] !== '\n') at += 1;
    } else if (character === '\n' && !isInLoop(current)) {
      commands.push(current);
      current = '';
    } else {
      if (character === "'" || character === '"') quote = character;
      current += character;
    }
  }
  return [...commands, current].map((each) => each.trim()).filter((each) => each !== '');
}

const isInLoop = (text: string): boolean => /\bdo\b/.test(text) && !/\bdone\b/.test(text);
