import { isOpened, type Opening } from './accounts.ts';
import type { ComposeProject } from './compose-project.ts';

/**
 * Holds the answers that clients were given against the database: for every success there is exactly one account, and there
 * is no account that is there twice.
 *
 * @throws Error naming the first that is not so
 */
export async function requireNothingLost(project: ComposeProject, openings: readonly Opening[]): Promise<void> {
  const rows = await project.query(
    "SELECT label, count(*) FROM account.accounts WHERE label LIKE 'check-%' GROUP BY label",
  );
  const counts = new Map(rows.map(([label = '', count]) => [label, Number(count)]));
  const lost = openings.filter((opening) => isOpened(opening) && !counts.has(opening.key));
  const doubled = [...counts].filter(([, count]) => count > 1);
  if (lost.length > 0)
    throw new Error(`${lost.length} accounts are lost, such as ${lost[0]?.accountId} (${lost[0]?.key})`);
  if (doubled.length > 0) throw new Error(`${doubled.length} accounts are there twice, such as ${doubled[0]?.[0]}`);
}

/** @throws Error saying how those came out that did not open an account */
export function requireAllOpened(openings: readonly Opening[]): void {
  const failed = openings.filter((opening) => !isOpened(opening));
  if (failed.length === 0) return;
  const statuses = failed.map(({ status }) => status ?? 'no answer').join(', ');
  throw new Error(`${failed.length} of ${openings.length} requests opened no account: ${statuses}`);
}
