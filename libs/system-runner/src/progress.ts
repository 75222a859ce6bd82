/** Displays the current step on a terminal, otherwise nothing. */
export function progressOn(stream: NodeJS.WriteStream): { say: (what: string) => void; clear: () => void } {
  const isWatched = stream.isTTY && process.env['CI'] === undefined;
  const startedAt = performance.now();
  if (!isWatched) return { say: () => {}, clear: () => {} };
  return {
    say: (what) => {
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4);
      stream.write(`\r\u001B[2K${seconds} s  ${what}`);
    },
    clear: () => void stream.write('\r\u001B[2K'),
  };
}
