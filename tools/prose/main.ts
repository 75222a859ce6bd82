import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sourceFiles, workspaceRoot } from '../workspace.ts';
import { checkProse } from './prose-check.ts';

/**
 * `npm run prose -w tools [-- PATH...]`: checks the text for people in Markdown, YAML and TypeScript against the word list.
 * Exit code 1: a word of the list was found.
 */
const folders = process.argv.slice(2);
/** These quote the words that the check finds. */
const excluded = new Set(['tools/prose/word-list.ts', 'tools/prose/prose-check.spec.ts']);
const files = sourceFiles('**/*.{md,yml,yaml,ts,tsx,mjs}').filter(
  (file) =>
    !excluded.has(file) &&
    (folders.length === 0 || folders.some((folder) => path.matchesGlob(file, `${folder}{,/**}`))),
);
let count = 0;
for (const file of files) {
  for (const { line, column, message, ruleId } of await checkProse(
    file,
    readFileSync(path.join(workspaceRoot, file), 'utf8'),
  )) {
    process.stdout.write(`${file}:${line}:${column}  ${message}  (${ruleId})\n`);
    count += 1;
  }
}
process.stdout.write(
  count === 0
    ? `No unwanted word in ${files.length} files.\n`
    : `${count} unwanted words; see tools/prose/word-list.ts.\n`,
);
process.exitCode = count === 0 ? 0 : 1;
