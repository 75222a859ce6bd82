import type { WriteStream } from 'node:tty';

const everyMs = 5_000;

/** Shows progress in one line of a terminal, which an empty text clears; elsewhere as a line every five seconds. */
export function progressOn(stream: NodeJS.WriteStream | WriteStream): (text: string) => void {
  let shownAt = performance.now();
  return (text) => {
    if (stream.isTTY) {
      stream.write(`\r\u001B[K${text}`);
    } else if (text !== '' && performance.now() - shownAt > everyMs) {
      shownAt = performance.now();
      stream.write(`${text}\n`);
    }
  };
}
