import { experiments } from '@breakwater/contracts/experiments';
import { render } from 'preact';
import { BreakerGroup } from './breaker-group.tsx';
import { WindowLegend } from './call-window.tsx';
import { type ConsoleState, useConsole } from './console-state.ts';
import { Controls } from './controls.tsx';
import { EventLog } from './event-log.tsx';
import { Experiments } from './experiments.tsx';
import { Guide } from './guide.tsx';
import { Header, Notice } from './header.tsx';
import { Time } from './time.tsx';
import { useTokens } from './tokens.ts';
import { Topology } from './topology.tsx';
import { TraceUrl } from './trace-link.tsx';

/** The whole page. */
function Console() {
  const state = useConsole();
  const tokens = useTokens();
  const { snapshot, periods } = state;
  const breakers = breakersOf(state);
  return (
    <TraceUrl.Provider value={state.traceUrl}>
      <Header state={state} />
      <main class="main">
        <Notice state={state} />
        {snapshot && (
          <div class={state.connection === 'live' ? 'page' : 'page is-lost'}>
            <Topology state={state} snapshot={snapshot} breakers={breakers} />
            <Controls snapshot={snapshot} tokens={tokens} />
            <div class="cards">
              <Guide state={state} />
              {breakers.map((name) => (
                <BreakerGroup
                  key={name}
                  name={name}
                  accounts={snapshot.accounts}
                  customers={snapshot.customers}
                  periods={periods[name] ?? {}}
                  token={tokens.actuator}
                />
              ))}
              {breakers.length === 0 ? <p class="panel hint">No circuit breaker found yet.</p> : <WindowLegend />}
            </div>
            <div class="rest">
              <Time seconds={state.seconds} periods={periods} breakers={breakers} now={snapshot.at} />
              <Experiments accounts={snapshot.accounts} customers={snapshot.customers} token={tokens.faults} />
              <EventLog events={state.events} omitted={state.omitted} />
            </div>
          </div>
        )}
      </main>
    </TraceUrl.Provider>
  );
}

/** The names of all circuit breakers except those of the experiments, which have their own section. */
function breakersOf({ snapshot }: ConsoleState): string[] {
  const names = new Set(snapshot?.accounts.flatMap(({ breakers }) => Object.keys(breakers)));
  for (const { name } of experiments) names.delete(name);
  return [...names].sort();
}

const container = document.getElementById('console');
if (container !== null) render(<Console />, container);
