import type { ConsoleState } from '../state/console-state.ts';

/** What keeps the page from showing the present; nothing when nothing does. */
export function Notice({ state }: { readonly state: ConsoleState }) {
  const text = textOf(state);
  return text === undefined ? null : (
    <p class="notice" role="alert">
      {text}
    </p>
  );
}

function textOf({ connection, snapshot }: ConsoleState): string | undefined {
  if (connection === 'lost') {
    const known = snapshot === undefined ? '' : ' What is below is what was known last.';
    return `The console's server does not answer. Trying again by itself.${known}`;
  }
  if (snapshot === undefined) return 'Waiting for the first look at the system.';
  if (snapshot.accounts.length === 0) return 'No replica of account has been found yet.';
  const lost = [...snapshot.accounts, ...snapshot.customers].filter(({ problem }) => problem !== null);
  if (lost.length === 0) return undefined;
  return `Not reached: ${lost.map(({ name, problem }) => `${name} (${problem})`).join(', ')}.`;
}
