import type { Cell } from '../state/window-cells.ts';

const cells: readonly (readonly [Cell, string])[] = [
  ['SUCCESS', 'answered'],
  ['SLOW_SUCCESS', 'answered, but slow'],
  ['ERROR', 'failed'],
  ['SLOW_ERROR', 'failed, and slow'],
  ['EMPTY', 'still free'],
];

/** How to read the windows. */
export function Legend() {
  return (
    <p class="hint legend">
      <span>Each cell is a call, the newest on the right:</span>
      {cells.map(([cell, words]) => (
        <span key={cell}>
          <i class={`swatch cell-${cell}`} />
          {words}
        </span>
      ))}
    </p>
  );
}
