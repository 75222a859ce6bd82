import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import type { View } from './chromium.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds, as far as it is told. */
interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly target: unknown }[] }[];
}

/** A page of the console in a browser, and what it complained of. */
export class Visit {
  readonly page: Page;
  /** Messages of the browser's console that are errors, and errors that nobody caught. */
  readonly complaints: readonly string[];
  /** Requests to anywhere else than the console. */
  readonly foreignRequests: readonly string[];

  private constructor(page: Page, complaints: readonly string[], foreignRequests: readonly string[]) {
    this.page = page;
    this.complaints = complaints;
    this.foreignRequests = foreignRequests;
  }

  static async begin(browser: Browser, url: string, view: View): Promise<Visit> {
    const context = await browser.newContext(view);
    const page = await context.newPage();
    const complaints: string[] = [];
    const foreign: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) foreign.push(request.url());
    });
    await page.goto(url);
    return new Visit(page, complaints, foreign);
  }

  /** The ids of the rules of axe that the page breaks, with where. */
  async violations(): Promise<string[]> {
    // By way of the debugger, which the page's own policy does not bind.
    await this.page.evaluate(axeSource);
    const results: AxeResults = await this.page.evaluate('axe.run()');
    return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(', ')}`);
  }

  /** How much wider the page is than its window, in pixels. */
  overflow(): Promise<number> {
    return this.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  }

  async end(): Promise<void> {
    await this.page.context().close();
  }
}
