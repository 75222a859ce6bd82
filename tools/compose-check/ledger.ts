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

/**
 * Every request was answered by a replica, if only to say that it cannot be done now. What was on a replica that died, the
 * gateway repeats on another: the idempotency key allows it.
 *
 * @throws Error saying how those came out that no replica answered
 */
export function requireAllSaved(openings: readonly Opening[]): void {
  const unsaved = openings.filter(({ instance }) => instance === '');
  if (unsaved.length === 0) return;
  const statuses = unsaved.map(({ status }) => status ?? 'no answer').join(', ');
  throw new Error(`${unsaved.length} of ${openings.length} requests were not answered by any replica: ${statuses}`);
}
