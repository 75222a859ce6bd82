import { useEffect, useReducer } from 'preact/hooks';
import type { Messages } from '../../protocol/messages.ts';
import { type ConsoleState, nothingYet, reduce } from './console-state.ts';

/** A stream that was refused, by a load balancer without a console behind it, is tried again after so long. */
const retryMs = 2_000;

/** What the page knows, kept up to date for as long as it is shown. */
export function useConsole(): ConsoleState {
  const [state, dispatch] = useReducer(reduce, nothingYet);

  useEffect(() => {
    let source: EventSource | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const connect = (): void => {
      source = new EventSource('/console/api/stream');
      const hear = <Name extends keyof Messages>(type: Name): void =>
        source?.addEventListener(type, ({ data }: MessageEvent<string>) => {
          dispatch({ type, data: JSON.parse(data) as Messages[Name] } as Parameters<typeof dispatch>[0]);
        });
      hear('history');
      hear('snapshot');
      hear('events');
      // What ends by itself the browser opens again, and says what it has seen last. What is refused it leaves.
      source.addEventListener('error', () => {
        dispatch({ type: 'connection', data: 'lost' });
        if (source?.readyState === EventSource.CLOSED) retry = setTimeout(connect, retryMs);
      });
    };
    connect();
    return () => {
      clearTimeout(retry);
      source?.close();
    };
  }, []);

  return state;
}
