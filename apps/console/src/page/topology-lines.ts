import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import type { EdgeStatus } from './topology-model.ts';

/** An edge between two elements, which `data-node` names. */
export interface Edge {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly status: EdgeStatus;
  readonly perSecond: number | null;
  /** The end at which calls are stopped. */
  readonly mark: 'source' | 'target' | null;
}

/** An edge as it is drawn, in pixels of the graph. */
export interface Line {
  readonly key: string;
  readonly path: string;
  readonly width: number;
  readonly status: EdgeStatus;
  readonly mark: { readonly x: number; readonly y: number } | undefined;
}

/** Draws the edges between the elements where the style sheet has put them: in columns, or in rows on a phone. */
export function useLines(container: RefObject<HTMLElement | null>, edges: readonly Edge[]): readonly Line[] {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [, setSize] = useState('');

  useLayoutEffect(() => {
    const element = container.current;
    if (element === null) return undefined;
    const resized = new ResizeObserver(() => setSize(`${element.clientWidth} ${element.clientHeight}`));
    resized.observe(element);
    return () => resized.disconnect();
  }, []);

  // Also without a change of the edges: a label that grows moves its neighbours.
  useLayoutEffect(() => {
    if (container.current === null) return;
    const drawn = linesIn(container.current, edges);
    if (JSON.stringify(drawn) !== JSON.stringify(lines)) setLines(drawn);
  });

  return lines;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function linesIn(container: HTMLElement, edges: readonly Edge[]): readonly Line[] {
  const origin = container.getBoundingClientRect();
  const boxOf = (element: Element): Box => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return {
      left: left - origin.left,
      top: top - origin.top,
      right: right - origin.left,
      bottom: bottom - origin.top,
    };
  };
  const isDownwards = getComputedStyle(container).getPropertyValue('--direction') === 'down';
  const nodes = new Map(
    [...container.querySelectorAll<HTMLElement>('[data-node]')].map((element) => [element.dataset['node'], element]),
  );
  return edges.flatMap(({ key, from, to, status, perSecond, mark }) => {
    const [source, target] = [nodes.get(from), nodes.get(to)];
    if (source === undefined || target === undefined) return [];
    const outer = source.parentElement?.closest('[data-node]') ?? source;
    const siblings = outer === source ? [source] : [...outer.querySelectorAll('[data-node]')];
    const share = (siblings.indexOf(source) + 1) / (siblings.length + 1);
    const points = curve(boxOf(source), boxOf(outer), boxOf(target), isDownwards ? share : undefined);
    return [
      {
        key,
        path: `M${points[0].join()}C${points
          .slice(1)
          .map((point) => point.join())
          .join(' ')}`,
        width: perSecond === null ? 1.5 : 1.5 + Math.min(3.5, Math.log2(1 + perSecond) / 1.5),
        status,
        mark: mark === null ? undefined : pointAt(points, mark === 'source' ? 0.2 : 0.8),
      },
    ];
  });
}

type Point = readonly [x: number, y: number];
type Curve = readonly [start: Point, control: Point, control: Point, end: Point];

/**
 * To the right, or downwards to a target that is below.
 *
 * @param outer the node that contains the source, or the source itself
 * @param share where a curve downwards starts: sources below one another start side by side; `undefined` leads to the right
 */
export function curve(source: Box, outer: Box, target: Box, share: number | undefined): Curve {
  const round = (value: number): number => Math.round(value * 10) / 10;
  if (share === undefined || target.top < outer.bottom) {
    const [x1, y1] = [round(outer.right), round((source.top + source.bottom) / 2)];
    const [x2, y2] = [round(target.left), round((target.top + target.bottom) / 2)];
    const bend = round((x2 - x1) / 2);
    return [
      [x1, y1],
      [x1 + bend, y1],
      [x2 - bend, y2],
      [x2, y2],
    ];
  }
  const [x1, y1] = [round(outer.left + (outer.right - outer.left) * share), round(outer.bottom)];
  const [x2, y2] = [round((target.left + target.right) / 2), round(target.top)];
  const bend = round((y2 - y1) / 2);
  return [
    [x1, y1],
    [x1, y1 + bend],
    [x2, y2 - bend],
    [x2, y2],
  ];
}

function pointAt([a, b, c, d]: Curve, t: number) {
  const at = (axis: 0 | 1): number =>
    (1 - t) ** 3 * a[axis] + 3 * (1 - t) ** 2 * t * b[axis] + 3 * (1 - t) * t ** 2 * c[axis] + t ** 3 * d[axis];
  return { x: Math.round(at(0) * 10) / 10, y: Math.round(at(1) * 10) / 10 };
}
