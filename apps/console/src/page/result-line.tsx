import { useEffect, useState } from 'preact/hooks';
import type { CommandResult } from './api.ts';
import { TraceLink } from './trace-link.tsx';

/** How long a success is shown: later it may no longer be true. */
const shownMs = 6_000;

/** The result of the last command. A failure stays visible. */
export function ResultLine({ result }: { readonly result: CommandResult | undefined }) {
  const [shown, setShown] = useState(result);
  useEffect(() => {
    setShown(result);
    if (result?.isDone !== true) return undefined;
    const timer = setTimeout(() => setShown(undefined), shownMs);
    return () => clearTimeout(timer);
  }, [result]);
  return (
    <p class={shown === undefined || shown.isDone ? 'result' : 'result result-bad'} role="status">
      {shown?.message}
      <TraceLink traceId={shown?.traceId} of="this response" />
    </p>
  );
}
