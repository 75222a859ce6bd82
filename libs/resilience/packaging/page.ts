import { posix } from 'node:path';

/** Where a page of the package is published. */
export interface PageTarget {
  /** The pages that are in the package, next to each other. */
  readonly published: readonly string[];
  /** The folder of the page in the repository, from its root. */
  readonly location: string;
  /** The address of the repository, if it is known. */
  readonly repository: string | undefined;
  /** The version, whose tag in the repository is `v<version>`. */
  readonly version: string;
}

/**
 * A page as it is in the package. npm resolves no relative link, so links lead to the repository, to the tag of the version;
 * without a repository they become text. Links within the page and to other sites stay.
 */
export function publishedPage(text: string, target: PageTarget): string {
  return text
    .split(/^(```[\s\S]*?^```)/m)
    .map((part) => (part.startsWith('```') ? part : withLinks(part, target)))
    .join('');
}

function withLinks(text: string, { location, repository, published, version }: PageTarget): string {
  return text.replaceAll(/\[([^\]]+)\]\((?!https?:|#)([^)\s]+)\)/g, (link, label: string, path: string) => {
    if (repository !== undefined) return `[${label}](${repository}/blob/v${version}/${posix.join(location, path)})`;
    return published.includes(posix.basename(path)) ? `[${label}](${posix.basename(path)})` : label;
  });
}
