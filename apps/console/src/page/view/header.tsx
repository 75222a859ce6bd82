import { useState } from 'preact/hooks';
import type { ConsoleState } from '../state/console-state.ts';

const connections = { connecting: 'Connecting', live: 'Live', lost: 'Reconnecting' } as const;

/** What this is, whether it is live, and how it looks. */
export function Header({ state: { connection, snapshot } }: { readonly state: ConsoleState }) {
  return (
    <header class="header">
      <h1>Breakwater</h1>
      <span class={`live live-${connection}`} role="status">
        {connections[connection]}
      </span>
      {snapshot && (
        <ul class="facts" aria-label="The system now">
          <Fact label="account" value={upOf(snapshot.accounts)} />
          <Fact label="customer" value={upOf(snapshot.customers)} />
          <Fact label="pending" value={snapshot.pending === null ? '–' : String(snapshot.pending.accounts)} />
        </ul>
      )}
      <a class="jump" href="#controls">
        Controls
      </a>
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

function upOf(replicas: readonly { readonly problem: string | null }[]): string {
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
