import { useState } from 'preact/hooks';
import type { CustomerReplica } from '../protocol/messages.ts';
import type { ConsoleState } from './console-state.ts';

const connectionLabels = { connecting: 'Connecting', live: 'Live', lost: 'Reconnecting' } as const;

/** Title, connection, a summary of the system, and the colour scheme. */
export function Header({ state: { connection, snapshot } }: { readonly state: ConsoleState }) {
  return (
    <header class="header">
      <h1>Breakwater</h1>
      <span class={`live live-${connection}`} role="status">
        {connectionLabels[connection]}
      </span>
      {snapshot && (
        <ul class="facts" aria-label="Summary of the system">
          <Fact label="account" value={availability(snapshot.accounts)} />
          <Fact label="customer" value={availability(snapshot.customers.map(asServing))} />
          <Fact label="pending" value={snapshot.pending === null ? '–' : String(snapshot.pending.accounts)} />
        </ul>
      )}
      <a class="jump" href="#controls">
        Controls
      </a>
      <a href="./doctor/">Doctor</a>
      <ThemeButton />
    </header>
  );
}

function Fact({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <li>
      <span>{label}</span> <b>{value}</b>
    </li>
  );
}

/** A replica that says itself that it is not ready gets no requests from account either. */
const asServing = ({ problem, activeFaults }: CustomerReplica) => ({
  problem: activeFaults.includes('unready') ? 'not ready' : problem,
});

function availability(replicas: readonly { readonly problem: string | null }[]): string {
  return `${replicas.filter(({ problem }) => problem === null).length}/${replicas.length} up`;
}

const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const themeKey = 'breakwater-theme';

function apply(theme: Theme): void {
  document.documentElement.style.colorScheme = theme === 'system' ? 'light dark' : theme;
  document.dispatchEvent(new Event('themechange'));
}

function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(() => {
    const stored = themes.find((each) => each === localStorage.getItem(themeKey)) ?? 'system';
    apply(stored);
    return stored;
  });
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
  const change = (): void => {
    localStorage.setItem(themeKey, next);
    setTheme(next);
    apply(next);
  };
  return (
    <button type="button" class="quiet" onClick={change} title={`Change to ${next}`}>
      <span class="only-wide">Colours: </span>
      {theme}
    </button>
  );
}

/** Why the page does not show the present state of the whole system, if so. */
export function Notice({ state }: { readonly state: ConsoleState }) {
  const text = noticeOf(state);
  return text === undefined ? null : (
    <p class="notice" role="alert">
      {text}
    </p>
  );
}

function noticeOf({ connection, snapshot }: ConsoleState): string | undefined {
  if (connection === 'lost') {
    const stale = snapshot === undefined ? '' : ' The data below is the last that was received.';
    return `The console's server does not respond. Reconnecting automatically.${stale}`;
  }
  if (snapshot === undefined) return 'Waiting for the first data.';
  if (snapshot.accounts.length === 0) return 'No replica of account found yet.';
  const unreachable = [...snapshot.accounts, ...snapshot.customers].filter(({ problem }) => problem !== null);
  if (unreachable.length > 0) {
    return `Unreachable: ${unreachable.map(({ name, problem }) => `${name} (${problem})`).join(', ')}.`;
  }
  const silent = snapshot.accounts.filter(({ hasEvents }) => !hasEvents);
  return silent.length > 0 ? `No live events from ${silent.map(({ name }) => name).join(', ')}.` : undefined;
}
