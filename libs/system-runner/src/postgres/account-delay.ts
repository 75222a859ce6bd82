/**
 * Statements that make the storage of each account take some seconds, as on a slow PostgreSQL. Each is its own transaction.
 *
 * @param seconds longer than account waits (3 s) for a database that does not respond in time
 */
export const delayAccounts = (seconds: number): readonly string[] => [
  delayFunction(seconds),
  `create or replace trigger take_time before insert on account.accounts
    for each row execute function account.take_time()`,
];

/** Statements that remove the delay. */
export const removeDelayOfAccounts = {
  /** For statements that begin after it. It takes no lock of the table, so that it does not wait for those that are delayed. */
  atOnce: delayFunction(0),
  /** Waits for the statements that are delayed; statements that begin meanwhile wait for it. */
  completely: 'drop function if exists account.take_time() cascade',
};

function delayFunction(seconds: number): string {
  return `create or replace function account.take_time() returns trigger language plpgsql as $$
    begin perform pg_sleep(${seconds}); return new; end $$`;
}
