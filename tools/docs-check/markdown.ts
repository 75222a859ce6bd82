/** A fenced block, as it is written between its fences. */
export interface Fence {
  /** What stands behind the opening fence: `sh`, `yaml`, or nothing. */
  readonly language: string;
  readonly text: string;
}

/** Where a link or an image leads. */
export interface Link {
  readonly target: string;
}

/** What the checks read in a page of Markdown. It knows as much of Markdown as our pages use. */
export interface MarkdownPage {
  readonly fences: readonly Fence[];
  /** Lines that are code because they are indented. */
  readonly indentedLines: readonly string[];
  /** What stands between backticks, on one line each. */
  readonly codeSpans: readonly string[];
  readonly links: readonly Link[];
  /** What a link to a heading of this page may have behind its `#`. */
  readonly anchors: ReadonlySet<string>;
}

const fenceLine = /^(?<indent>\s*)(?<ticks>`{3,})(?<language>\S*)\s*$/;
const codeSpan = /(?<!`)(?<ticks>`+)(?!`)(?<code>(?:(?!\n\s*\n)[^])+?)(?<!`)\k<ticks>(?!`)/g;
/** A link's text may hold an image; a target has no spaces. */
const inlineLink = /\]\((?<target>[^()\s]+)(?:\s+"[^"]*")?\)/g;
const htmlTarget = /\b(?:src|href)="(?<target>[^"]+)"/g;

export function readMarkdown(source: string): MarkdownPage {
  const { fences, prose } = takeFences(source.replaceAll(/<!--[^]*?-->/g, ''));
  const lines = prose.split('\n');
  const withoutCode = prose.replaceAll(codeSpan, '``');
  return {
    fences,
    indentedLines: lines.filter((line) => /^ {4}\S/.test(line)).map((line) => line.trim()),
    codeSpans: [...prose.matchAll(codeSpan)].map(({ groups }) =>
      String(groups?.['code'])
        .replaceAll(/\s*\n\s*/g, ' ')
        .trim(),
    ),
    links: [...withoutCode.matchAll(inlineLink), ...withoutCode.matchAll(htmlTarget)].map(({ groups }) => ({
      target: String(groups?.['target']),
    })),
    anchors: anchorsOf(lines),
  };
}

function takeFences(source: string): { fences: Fence[]; prose: string } {
  const fences: Fence[] = [];
  const prose: string[] = [];
  let open: { indent: string; ticks: string; language: string; lines: string[] } | undefined;
  for (const line of source.split('\n')) {
    const groups = fenceLine.exec(line)?.groups;
    if (open === undefined && groups !== undefined) {
      open = {
        indent: groups['indent'] ?? '',
        ticks: groups['ticks'] ?? '',
        language: groups['language'] ?? '',
        lines: [],
      };
    } else if (open !== undefined && line.trim() === open.ticks) {
      fences.push({ language: open.language, text: open.lines.join('\n') });
      open = undefined;
    } else if (open !== undefined) {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    } else {
      prose.push(line);
    }
  }
  if (open !== undefined) throw new Error(`a fence is opened and not closed: ${open.lines[0] ?? ''}`);
  return { fences, prose: prose.join('\n') };
}

/** As GitHub makes them: of two headings with the same words, the second has `-1` behind. */
function anchorsOf(lines: readonly string[]): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of lines) {
    const heading = /^#{1,6}\s+(?<words>.+?)\s*$/.exec(line)?.groups?.['words'];
    if (heading === undefined) continue;
    const anchor = anchorOf(heading);
    let unique = anchor;
    for (let number = 1; anchors.has(unique); number += 1) unique = `${anchor}-${number}`;
    anchors.add(unique);
  }
  return anchors;
}

function anchorOf(heading: string): string {
  return heading
    .replaceAll(/\[(?<words>[^\]]*)\]\([^)]*\)/g, '$<words>')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}
