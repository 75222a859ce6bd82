import type { StreamMessage } from './responses.ts';

const longestMessage = 1_000_000;

/** Kinds by the name of the server-sent event. All others are events of policies. */
const kinds: Readonly<Record<string, StreamMessage['kind']>> = {
  snapshot: 'snapshot',
  dropped: 'dropped',
  STATE_TRANSITION: 'transition',
  ENTRY_RECONFIGURED: 'reconfiguration',
};

/**
 * Reads the messages of `GET events/stream` from the body of its response. Heartbeats and messages without a JSON
 * object are skipped.
 *
 * @throws RangeError when a message is longer than a million characters
 * @example
 * const response = await fetch('http://account:3000/actuator/events/stream');
 * for await (const { kind, data } of readEventStream(response.body)) {
 *   if (kind === 'transition') console.log(data.name, data.transition.to);
 * }
 */
export async function* readEventStream(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<StreamMessage, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > longestMessage) throw new RangeError(`A message is longer than ${longestMessage} characters.`);
    for (const block of blocks) {
      const data = parse(field(block, 'data'));
      if (data !== undefined) yield { kind: kinds[field(block, 'event')] ?? 'event', data } as StreamMessage;
    }
  }
}

function field(block: string, name: string): string {
  const lines = block.split('\n').filter((line) => line.startsWith(`${name}:`));
  return lines.map((line) => line.slice(name.length + 1).replace(/^ /, '')).join('\n');
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
