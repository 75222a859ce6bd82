import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '@breakwater/system-runner';
import type { Browser, Locator, Page } from 'playwright-core';
import { ConsoleVisit, type ViewOptions } from './browser.ts';
import { encodeGif, type Frame } from './gif.ts';

const maxBytes = 1_500_000;
/** The page gets new data about once per second. */
const framesEveryMs = 1_000;
const maxWaitMs = 180_000;
/** Of a longer wait, the last frames are shown. */
const maxWaitingFrames = 4;

/** How a scene is recorded. */
export interface Scene {
  /** Shown below the page. */
  readonly caption: string;
  /** What has to be in the picture. Default: the top of the page. */
  readonly subject?: Locator;
  /** Recorded until this is so. Default: at once. */
  readonly until?: () => Promise<boolean>;
  /** How many frames are recorded after that. */
  readonly frames: number;
}

/** Records a visit to the console as an animated picture. */
export class Recording {
  readonly page: Page;
  readonly #visit: ConsoleVisit;
  readonly #shownForMs: number;
  readonly #frames: Frame[] = [];
  readonly #startedAt = performance.now();

  private constructor(visit: ConsoleVisit, shownForMs: number) {
    this.#visit = visit;
    this.page = visit.page;
    this.#shownForMs = shownForMs;
  }

  /** @param shownForMs how long the animation shows each frame */
  static async start(browser: Browser, address: string, view: ViewOptions, shownForMs: number): Promise<Recording> {
    const recording = new Recording(await ConsoleVisit.start(browser, address, view), shownForMs);
    // A busy machine is slow.
    recording.page.setDefaultTimeout(maxWaitMs);
    await recording.page.getByText('Live', { exact: true }).waitFor();
    return recording;
  }

  /** The seconds since the start. */
  get seconds(): number {
    return Math.round((performance.now() - this.#startedAt) / 1_000);
  }

  /** @throws Error when the condition is not met within three minutes */
  async scene({ caption, subject, until = async () => true, frames }: Scene): Promise<void> {
    const deadline = performance.now() + maxWaitMs;
    await this.page.evaluate(`(${showCaption})(${JSON.stringify(caption)})`);
    const waiting: Frame[] = [];
    const taken: Frame[] = [];
    while (taken.length < frames) {
      const startedAt = performance.now();
      await (subject ?? this.page.locator('body')).evaluate(scrollTo, subject ? 'center' : 'start');
      const frame = { picture: await this.page.screenshot({ scale: 'css' }), durationMs: this.#shownForMs };
      const isMet = taken.length > 0 || (await until());
      (isMet ? taken : waiting).push(frame);
      if (!isMet && startedAt > deadline) throw new Error(`the scene "${caption}" did not end`);
      await this.page.waitForTimeout(Math.max(0, framesEveryMs - (performance.now() - startedAt)));
    }
    this.#frames.push(...waiting.slice(-maxWaitingFrames), ...taken);
  }

  /**
   * Writes the animation to `docs/images`.
   *
   * @throws Error when the page has reported an error or was wider than its window, or the animation is too large
   */
  async save(name: string): Promise<void> {
    const problems = [...this.#visit.errors, ...((await this.#visit.overflow()) > 0 ? ['the page is too wide'] : [])];
    if (problems.length > 0) throw new Error(problems.join('\n'));
    await this.#visit.end();
    const gif = encodeGif(this.#frames);
    process.stdout.write(`${name}: ${this.#frames.length} frames, ${gif.length} bytes, ${this.seconds} s\n`);
    if (gif.length > maxBytes) throw new Error(`${name} has more than ${maxBytes} bytes`);
    writeFileSync(path.join(workspaceRoot, 'docs/images', name), gif);
  }
}

/** Runs in the page. */
const scrollTo = (shown: { scrollIntoView(options: object): void }, block: string): void =>
  shown.scrollIntoView({ block, behavior: 'instant' });

/** Runs in the page, whose content security policy allows no style sheets of others. */
const showCaption = `(caption) => {
  const shown = document.querySelector('#caption') ?? document.body.appendChild(document.createElement('p'));
  shown.id = 'caption';
  shown.textContent = caption;
  Object.assign(shown.style, {
    position: 'fixed', inset: 'auto 0 0 0', margin: '0', padding: '10px 20px', zIndex: '9',
    background: '#111', color: '#fff', font: '600 18px system-ui', textAlign: 'center',
  });
}`;

/** The cards of the circuit breaker of requests. */
export const cardsOf = (page: Page): Locator => page.getByRole('article', { name: /^customer on account-/ });

/** Whether the circuit breakers of both replicas are in one of these states. */
export const statesAre =
  (page: Page, ...states: string[]) =>
  async (): Promise<boolean> => {
    const shown = await Promise.all((await cardsOf(page).all()).map((card) => card.getAttribute('data-state')));
    return shown.length === 2 && shown.every((state) => state !== null && states.includes(state));
  };

/** The row of a replica among the processes. */
export const processOf = (page: Page, replica: string): Locator =>
  page.getByRole('region', { name: 'Processes' }).getByRole('listitem').filter({ hasText: replica });

/** How many replicas of a service are up, as the header shows it. */
export const isUp = (page: Page, service: string, count: string): (() => Promise<boolean>) =>
  hasText(page.getByRole('list', { name: 'Summary of the system' }), `${service} ${count} up`);

/** Whether the text of an element contains another one. */
export const hasText = (element: Locator, text: string) => async (): Promise<boolean> =>
  (await element.textContent())?.includes(text) === true;
