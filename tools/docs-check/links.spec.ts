import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { pagePaths, readPage, workspaceRoot } from './documents.ts';
import { readMarkdown } from './markdown.ts';

const pages = new Map(pagePaths.map((file) => [file, readPage(file)]));
const isElsewhere = (target: string): boolean => /^[a-z][a-z+.-]*:/.test(target);

/** Why a link of a page leads nowhere; undefined where it leads somewhere. */
function faultOf(page: string, target: string): string | undefined {
  const [file = '', anchor] = target.split('#');
  const wanted = file === '' ? page : path.posix.join(path.posix.dirname(page), decodeURI(file));
  if (!existsSync(path.join(workspaceRoot, wanted))) return `${target}: there is no ${wanted}`;
  if (anchor === undefined || !wanted.endsWith('.md')) return undefined;
  return pages.get(wanted)?.anchors.has(anchor) ? undefined : `${target}: ${wanted} has no heading for #${anchor}`;
}

describe('the links of a page', () => {
  it.each([...pages].map(([page, { links }]) => ({ page, links })))('lead somewhere in $page', ({ page, links }) => {
    const faults = links
      .map(({ target }) => target)
      .filter((target) => !isElsewhere(target))
      .flatMap((target) => faultOf(page, target) ?? []);

    expect(faults).toEqual([]);
  });

  it('are read as GitHub reads them', () => {
    const { anchors, links } = readMarkdown(
      [
        "## See `npm test`'s [end](end.md), again!",
        '## Twice',
        '## Twice',
        '[one](a.md#b) ![two](c.png "title") `[three](code.md)` <img src="d.png">',
      ].join('\n'),
    );

    expect([...anchors]).toEqual(['see-npm-tests-end-again', 'twice', 'twice-1']);
    expect(links.map(({ target }) => target)).toEqual(['end.md', 'a.md#b', 'c.png', 'd.png']);
  });
});
