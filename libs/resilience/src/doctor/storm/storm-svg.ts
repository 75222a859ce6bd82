import { figure, perSecond } from '../figures.ts';
import type { StormMap, StormSurvey } from './storm-map.ts';
import { leftOut } from './storm-model.ts';
import { describeVerdict, lookOf, looks, stormConclusions } from './storm-report.ts';
import { describeModel, describeTrigger } from './words.ts';

const cell = 26;
const left = 72;
const bottom = 46;
const top = 8;

/**
 * A map as SVG: loads to the right, sizes of the trigger upwards. Each point has its mark, so that colours are not needed,
 * and its verdict as a title.
 *
 * @param label what the map shows, for screen readers
 */
export function stormMapAsSvg({ loads, sizes, storms }: StormMap, label: string): string {
  const [width, height] = [loads.length * cell, sizes.length * cell];
  const cells = storms.flatMap((row, x) =>
    row.map((storm, y) => {
      const look = looks[lookOf(storm.verdict)];
      const [cellX, cellY] = [left + x * cell, top + (sizes.length - 1 - y) * cell];
      const title = `${perSecond(storm.load)}, ${describeTrigger(storm.trigger)}: ${describeVerdict(storm.verdict)}`;
      return (
        `<g><title>${escaped(title)}</title>` +
        `<rect x="${cellX}" y="${cellY}" width="${cell - 1}" height="${cell - 1}" fill="${look.colour}"/>` +
        `<text x="${cellX + cell / 2}" y="${cellY + cell / 2 + 4}" text-anchor="middle" fill="#101010">${look.mark}</text></g>`
      );
    }),
  );
  // As many labels as fit, among them the last.
  const isLabelled = (index: number, count: number) => (count - 1 - index) % Math.max(2, Math.ceil(count / 10)) === 0;
  const xLabels = loads.flatMap((load, x) =>
    isLabelled(x, loads.length)
      ? [text(left + x * cell + cell / 2, top + height + 15, 'middle', figure(Math.round(load * 10) / 10))]
      : [],
  );
  const yLabels = sizes.flatMap((size, y) =>
    isLabelled(y, sizes.length)
      ? [
          text(
            left - 6,
            top + (sizes.length - 1 - y) * cell + cell / 2 + 4,
            'end',
            `${figure(Math.round(size * 100) / 100)} ×`,
          ),
        ]
      : [],
  );
  const total = { width: Math.max(left + width + 8, 260), height: top + height + bottom };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${total.width}" viewBox="0 0 ${total.width} ${total.height}" role="img" ` +
      `aria-label="${escaped(label)}" font-family="system-ui, sans-serif" font-size="11">`,
    `<g>${cells.join('')}</g>`,
    `<g fill="currentColor">`,
    ...xLabels,
    ...yLabels,
    text(left + width / 2, top + height + 34, 'middle', 'load in calls per second'),
    `<text transform="translate(14 ${top + height / 2}) rotate(-90)" text-anchor="middle">size of the trigger</text>`,
    `</g></svg>`,
  ].join('');
}

/** A page with the survey: the model, both maps, and the list of what the model leaves out. */
export function stormAsHtml(survey: StormSurvey): string {
  const { instance, settings, map, remedy } = survey;
  const legend = Object.values(looks).map(
    ({ mark, colour, words }) => `<span><b style="background:${colour}">${mark}</b> ${words}</span>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width" />
<title>${escaped(instance.name)}: storms in virtual time</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 1rem auto; padding: 0 1rem; }
  svg { max-width: 100%; height: auto; }
  span { margin-right: 1rem; } b { display: inline-block; width: 1.4em; text-align: center; color: #101010; }
</style>
<h1>${escaped(instance.name)}: storms in virtual time</h1>
<p>${escaped(describeModel(settings))}</p>
${stormMapAsSvg(map, 'The map of the configuration')}
<p>${legend.join(' ')}</p>
${stormConclusions(survey)
  .map((line) => `<p>${escaped(line)}</p>`)
  .join('\n')}
${remedy === undefined ? '' : `<h2>With this change</h2>\n${stormMapAsSvg(remedy.map, 'The map with the change')}`}
<h2>What the model leaves out</h2>
<ul>${leftOut.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>
</html>
`;
}

function text(x: number, y: number, anchor: string, content: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${content}</text>`;
}

function escaped(value: string): string {
  return value.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
