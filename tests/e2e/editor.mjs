// Drives VS Code in a browser: what a person does, and what a person sees.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..', '..');
const { chromium } = createRequire(join(repository, 'vscode-client', 'package.json'))('playwright-core');

const PATIENCE_MS = 20_000;

/** Opens one browser; each window of the editor is a page of it. */
export async function openBrowser(executablePath) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  return { browser, close: () => browser.close() };
}

export class Editor {
  static async open({ browser }, { url, folder }) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const editor = new Editor(page);
    await page.goto(`${url}/?folder=${encodeURIComponent(folder)}`);
    await page.locator('.monaco-workbench .explorer-folders-view').waitFor();
    return editor;
  }

  constructor(page) {
    this.page = page;
  }

  /** Runs a command of the palette by its full title. */
  async command(title) {
    await this.page.keyboard.press('F1');
    const input = this.page.locator('.quick-input-widget input[type="text"]').first();
    await input.waitFor();
    await input.fill(`>${title}`);
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    await row.waitFor();
    await row.click();
  }

  /** Opens a file of the folder and puts the cursor at its end. */
  async openFile(name) {
    await this.page.keyboard.press('Control+P');
    const input = this.page.locator('.quick-input-widget input[type="text"]').first();
    await input.waitFor();
    await input.fill(name);
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first();
    await row.waitFor();
    await row.click();
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await this.page.locator('.editor-instance .view-lines').first().click();
    await this.page.keyboard.press('Control+End');
  }

  /** Types as a person does, one key after the other. */
  async type(text) {
    await this.page.keyboard.type(text, { delay: 30 });
  }

  /** Returns the grey text that is shown; "" if there is none. */
  ghost() {
    return this.page.evaluate(ghostText);
  }

  /** Waits until the grey text is exactly this. */
  async seeGhost(expected) {
    const seen = this.page.waitForFunction(
      `(${ghostText.toString()})() === ${JSON.stringify(expected)}`,
    );
    try {
      await seen;
    } catch (error) {
      throw new Error(`expected ghost text ${JSON.stringify(expected)}, not ${JSON.stringify(await this.ghost())}`, { cause: error });
    }
  }

  /** Saves the file and waits until the editor shows no unsaved change. */
  async save() {
    await this.page.locator('.tab.active.dirty').waitFor();
    await this.page.keyboard.press('Control+S');
    await this.page.locator('.tab.active:not(.dirty)').waitFor();
  }

  /** The status item, by what a screen reader says of it. */
  statusItem() {
    return this.page.locator('#ownstack\\.ownstack\\.ownstack');
  }

  /** Waits until the status item's label matches, and returns it. */
  async seeStatus(pattern, timeout = PATIENCE_MS) {
    const label = this.page.locator('[id^="ownstack.ownstack"] [aria-label]').first();
    try {
      await this.page.waitForFunction(
        ([source]) => {
          const item = document.querySelector('[id^="ownstack.ownstack"] [aria-label]');
          return new RegExp(source).test(item?.getAttribute('aria-label') ?? '');
        },
        [pattern.source],
        { timeout },
      );
    } catch (error) {
      const last = await label.getAttribute('aria-label', { timeout: 1000 }).catch(() => 'nothing');
      throw new Error(`expected status ${pattern}, not: ${last}`, { cause: error });
    }
    return label.getAttribute('aria-label');
  }

  /** Returns the text of the editor in front. */
  async text() {
    const lines = await this.page.locator('.editor-instance .view-lines .view-line').all();
    const placed = await Promise.all(
      lines.map(async (line) => [(await line.boundingBox())?.y ?? 0, await line.innerText()]),
    );
    placed.sort(([a], [b]) => a - b);
    return placed.map(([, text]) => text.replaceAll('\u00a0', ' ')).join('\n');
  }

  /** Returns the notifications that are shown. */
  notifications() {
    return this.page.locator('.notifications-toasts .notification-list-item-message').allInnerTexts();
  }

  screenshot(path) {
    return this.page.screenshot({ path });
  }

  close() {
    return this.page.context().close();
  }
}

// Runs inside the page. Continuation lines of a suggestion live in their own view zone.
function ghostText() {
  const lines = '.suggest-preview-text, .ghost-text-lines';
  const inline = [
    ...document.querySelectorAll('.view-line .ghost-text-decoration, .view-line .ghost-text'),
  ].filter((part) => part.closest(lines) === null);
  const below = [...document.querySelectorAll(lines)].flatMap((block) => [
    ...block.querySelectorAll('.view-line'),
  ]);
  const first = inline.map((part) => part.textContent).join('');
  return [first, ...below.map((line) => line.textContent)].join('\n').replaceAll('\u00a0', ' ').trimEnd();
}
