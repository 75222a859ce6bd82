/** One event of a stream. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** An event that is longer is not one of ours. */
const longestEvent = 1_000_000;

/**
 * Reads `text/event-stream` as the HTML standard has it, as far as services here write it: `\n` ends a line.
 *
 * @throws RangeError when an event is longer than a million characters
 */
export async function* readServerSentEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > longestEvent) throw new RangeError(`an event is longer than ${longestEvent} characters`);
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== undefined) yield event;
    }
  }
}

/** `undefined` for a block without data, such as a comment that keeps the connection alive. */
function eventOf(block: string): ServerSentEvent | undefined {
  const lines = block.split('\n');
  const data = valuesOf(lines, 'data');
  return data.length === 0 ? undefined : { event: valuesOf(lines, 'event').at(-1) ?? 'message', data: data.join('\n') };
}

function valuesOf(lines: readonly string[], field: string): string[] {
  return lines
    .filter((line) => line.startsWith(`${field}:`))
    .map((line) => line.slice(field.length + 1).replace(/^ /, ''));
}
