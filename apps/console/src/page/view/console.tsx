import type { ConsoleState } from '../state/console-state.ts';
import { experimentNames } from '../state/experiments.ts';
import { useConsole } from '../state/use-console.ts';
import { BreakerGroup } from './breaker-group.tsx';
import { Charts } from './charts.tsx';
import { Controls } from './controls.tsx';
import { EventLog } from './event-log.tsx';
import { Experiments } from './experiments.tsx';
import { Guide } from './guide.tsx';
import { Header } from './header.tsx';
import { Legend } from './legend.tsx';
import { Notice } from './notice.tsx';
import { Timeline } from './timeline.tsx';
import { useTokens } from './use-tokens.ts';

/** The whole page. */
export function Console() {
  const state = useConsole();
  const tokens = useTokens();
  const { snapshot } = state;
  if (snapshot === undefined) {
    return (
      <>
        <Header state={state} />
        <main class="main">
          <Notice state={state} />
        </main>
      </>
    );
  }
  const breakers = namesOf(state).filter((name) => !experimentNames.has(name));
  return (
    <>
      <Header state={state} />
      <main class="main">
        <Notice state={state} />
        <div class={state.connection === 'live' ? 'page' : 'page is-lost'}>
          <div class="cards">
            <Guide state={state} />
            {breakers.map((name) => (
              <BreakerGroup key={name} name={name} accounts={snapshot.accounts} token={tokens.actuator} />
            ))}
            {breakers.length === 0 ? <NoBreakers /> : <Legend />}
          </div>
          <Controls snapshot={snapshot} tokens={tokens} />
          <div class="rest">
            <Timeline stays={state.stays} breakers={breakers} now={snapshot.at} />
            <Charts seconds={state.seconds} />
            <Experiments accounts={snapshot.accounts} />
            <EventLog events={state.events} omitted={state.omitted} />
          </div>
        </div>
      </main>
    </>
  );
}

function NoBreakers() {
  return <p class="panel hint">No replica of account has told of a circuit breaker yet.</p>;
}

function namesOf({ snapshot }: ConsoleState): string[] {
  return [...new Set(snapshot?.accounts.flatMap(({ breakers }) => Object.keys(breakers)))].sort();
}
