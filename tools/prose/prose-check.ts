import { TextlintKernel, type TextlintKernelPlugin, type TextlintKernelRule } from '@textlint/kernel';
import type { TextlintMessage } from '@textlint/types';
import terminology from 'textlint-rule-terminology';
import { location } from 'vfile-location';
import { type Range, textUnits, type TextUnit } from './text-units.ts';
import { unwantedTerms } from './word-list.ts';

/** One textlint rule for each entry of the word list, so that a comment can allow one of them. */
const rules: readonly TextlintKernelRule[] = unwantedTerms.map(({ id, words, instead }) => {
  // Between two words of a phrase may be a line break and what starts a line of a comment.
  const alternatives = words.map((word) => word.replaceAll(' ', String.raw`[\s*/#]+`)).join('|');
  const options = { defaultTerms: false, skip: [], terms: [[String.raw`(?<!\w)(?:${alternatives})(?!\w)`, instead]] };
  return { ruleId: id, rule: terminology, options };
});

const kernel = new TextlintKernel();

/**
 * Finds unwanted words in the text for people of a file. A comment `prose-allow ID[, ID]: REASON` allows words of the list in
 * the text that contains it, on its line, or on the next line with text.
 *
 * @param file the name; its extension selects the language
 */
export async function checkProse(file: string, source: string): Promise<readonly TextlintMessage[]> {
  const units = textUnits(file, source);
  const { messages } = await kernel.lintText(source, {
    ext: '.text-units',
    filePath: file,
    plugins: [pluginFor(units)],
    rules: [...rules],
  });
  const allowances = units.flatMap((unit) => allowancesIn(source, unit, units));
  return messages.filter(
    ({ ruleId, range: [at] }) =>
      !allowances.some(({ ids, range: [start, end] }) => ids.includes(ruleId) && start <= at && at < end),
  );
}

/** Gives textlint the units as its own syntax tree: a paragraph each. */
function pluginFor(units: readonly TextUnit[]): TextlintKernelPlugin {
  class Processor {
    availableExtensions = () => ['.text-units'];
    processor = () => ({
      preProcess: (source: string) => {
        const at = positions(source);
        const node = <Type extends string>(type: Type, range: Range) => ({
          type,
          range,
          raw: source.slice(...range),
          loc: { start: at(range[0]), end: at(range[1]) },
        });
        const children = units.map(({ range, pieces }) => ({
          ...node('Paragraph', range),
          children: pieces.map((piece) => ({ ...node('Str', piece), value: source.slice(...piece) })),
        }));
        return { ...node('Document', [0, source.length]), children };
      },
      postProcess: (messages: TextlintMessage[], filePath = '') => ({ messages, filePath }),
    });
  }
  return { pluginId: 'text-units', plugin: { Processor } };
}

/** Lines count from 1, columns from 0. */
function positions(source: string): (offset: number) => { readonly line: number; readonly column: number } {
  const lines = location(source);
  return (offset) => {
    const { line = 1, column = 1 } = lines.toPoint(offset) ?? {};
    return { line, column: column - 1 };
  };
}

function allowancesIn(source: string, comment: TextUnit, units: readonly TextUnit[]) {
  const text = source.slice(...comment.range);
  const ids = /\bprose-allow (?<ids>[\w, -]+): ?\w/.exec(text)?.groups?.['ids']?.split(/, */);
  if (!comment.isComment || ids === undefined) return [];
  const at = positions(source);
  const lineOf = ({ range: [start] }: TextUnit): number => at(start).line;
  const around = units.filter(({ range: [start, end] }) => start <= comment.range[0] && comment.range[1] <= end);
  const sameLine = units.filter((unit) => unit.range[0] < comment.range[0] && lineOf(unit) === lineOf(comment));
  const following = units.filter(({ range: [start] }) => start >= comment.range[1]);
  const nextLine = following.filter((unit) => lineOf(unit) === lineOf(following[0] ?? unit));
  return [...around, ...(sameLine.length > 0 ? sameLine : nextLine)].map(({ range }) => ({ ids, range }));
}
