import { isOpened, type Opening } from './accounts.ts';
import type { ComposeProject } from './compose-project.ts';

/**
 * Compares the responses with the database: every success is exactly one account.
 *
 * @throws Error naming the first lost or duplicate account
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
  if (doubled.length > 0) throw new Error(`${doubled.length} accounts are duplicates, such as ${doubled[0]?.[0]}`);
}

/**
 * Checks that a replica responded to every request: the gateway repeats requests with an idempotency key on another replica.
 *
 * @throws Error with the results of the others
 */
export function requireAllSaved(openings: readonly Opening[]): void {
  const unsaved = openings.filter(({ instance }) => instance === '');
  if (unsaved.length === 0) return;
  const statuses = unsaved.map(({ status }) => status ?? 'no response').join(', ');
  throw new Error(`${unsaved.length} of ${openings.length} requests had no response of a replica: ${statuses}`);
}
