import { createContext } from 'preact';
import { useContext, useState } from 'preact/hooks';

/** The page of a trace, with `{traceId}` for its id; `null` without one, and then there are no links. */
export const TraceUrl = createContext<string | null>(null);

/** An id that is not one of a trace has no link. */
export const traceHref = (url: string | null, traceId: string | undefined): string | undefined =>
  url !== null && traceId !== undefined && /^[0-9a-f]{32}$/.test(traceId)
    ? url.replace('{traceId}', traceId)
    : undefined;

/** Opens a trace in another tab. Nothing without an id, or without an address of traces. */
export function TraceLink({ traceId, of }: { readonly traceId: string | undefined; readonly of: string }) {
  const href = traceHref(useContext(TraceUrl), traceId);
  if (href === undefined) return null;
  return (
    <>
      {' '}
      <a class="trace-link" href={href} target="_blank" rel="noopener noreferrer" title={traceId}>
        trace<span class="unseen"> of {of}, in a new tab</span>
      </a>
    </>
  );
}

/** Opens the trace of an id from a log line or from the `traceId` of a problem. */
export function TraceFinder() {
  const url = useContext(TraceUrl);
  const [given, setGiven] = useState('');
  if (url === null) return null;
  const traceId = given.trim().toLowerCase();
  return (
    <p class="trace-finder">
      <label>
        Trace id of a problem or a log line{' '}
        <input
          type="text"
          size={32}
          maxLength={64}
          spellcheck={false}
          autocomplete="off"
          placeholder="traceId"
          value={given}
          onInput={({ currentTarget }) => setGiven(currentTarget.value)}
        />
      </label>
      <TraceLink traceId={traceId} of="this id" />
      {traceId !== '' && traceHref(url, traceId) === undefined && (
        <span class="hint"> A trace id has 32 hexadecimal digits.</span>
      )}
    </p>
  );
}
