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
    const page = await opened(context, url, folder);
    await page.locator('.explorer-folders-view').waitFor();
    return new Editor(page);
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

  /** Waits for grey text of several lines, and returns it. */
  async seeBlock(timeout) {
    const block = await this.page.waitForFunction(`(${ghostText.toString()})().includes('\\n') && (${ghostText.toString()})()`, undefined, { timeout });
    return block.jsonValue();
  }

  /** Watches the grey text from now on, frame by frame. */
  watchGhost() {
    return this.page.evaluate(`{
      const look = ${ghostText.toString()};
      window.ghosts = [];
      const frame = () => {
        if (window.ghosts.at(-1) !== look()) window.ghosts.push(look());
        requestAnimationFrame(frame);
      };
      frame();
    }`);
  }

  /** Returns what was seen since `watchGhost`, each time it was another. */
  ghosts() {
    return this.page.evaluate('window.ghosts');
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

  /** Returns the buttons of the notifications that are shown. */
  buttons() {
    return this.page.locator('.notifications-toasts .monaco-button').allInnerTexts();
  }

  /** Waits for a notification, and returns its text. */
  async seeNotification(words) {
    const toast = this.page.locator('.notifications-toasts .notification-list-item-message', { hasText: words });
    await toast.first().waitFor();
    return toast.first().innerText();
  }

  /** Presses a button of a notification; one that has hidden itself is among the others still. */
  async press(label) {
    // Resting on the status item the mouse would show a hover, over the notification.
    await this.page.locator('.editor-group-container').first().hover();
    const button = (place) => this.page.locator(`${place} .monaco-button`, { hasText: label }).first();
    if (await button('.notifications-toasts.visible').isVisible()) {
      await button('.notifications-toasts.visible').click();
      return;
    }
    await this.command('Notifications: Show Notifications');
    await button('.notifications-center').click();
  }

  /** Returns the page of ours that is in front: what is in its frames. */
  panel() {
    return this.page.frameLocator('iframe.webview.ready').last().frameLocator('#active-frame');
  }

  /** Waits for a page of ours with this heading, and returns its text. */
  async seePanel(heading) {
    const body = this.panel().locator('main', { has: this.panel().locator('h1', { hasText: heading }) });
    await body.waitFor();
    return body.innerText();
  }

  /** Opens the menu of the status item and returns its rows. */
  async menu() {
    await this.page.locator('[id^="ownstack.ownstack"] a').first().click();
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    await rows.first().waitFor();
    return rows;
  }

  /** Opens the menu until a row has these words: one of a busy server may lack its figures. */
  async menuWith(words) {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const rows = await this.menu();
      if (await rows.filter({ hasText: words }).count()) return rows;
      if (Date.now() > deadline) throw new Error(`no row has “${words}”: ${await rows.allInnerTexts()}`);
      await this.page.keyboard.press('Escape');
      await rows.first().waitFor({ state: 'hidden' });
    }
  }

  /** Opens the list of models for a role, and returns its rows. */
  async modelsFor(role) {
    await this.command('Ownstack: Choose a Model');
    await this.page.locator('.quick-input-title', { hasText: 'What For?' }).waitFor();
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    await rows.filter({ hasText: role }).first().click();
    await this.page.locator('.quick-input-title', { hasText: '(2/2)' }).waitFor();
    return rows;
  }

  /** The row of a list that the keyboard would choose. */
  focusedRow() {
    return this.page.locator('.quick-input-list .monaco-list-row.focused');
  }

  /** Puts the keyboard into the text again. */
  async backToText() {
    await this.page.locator('.editor-instance .view-lines').first().click();
    await this.page.keyboard.press('Control+End');
  }

  /** Takes a picture, when what moves for a moment has come to rest. */
  async screenshot(path) {
    await this.page.evaluate(async () => {
      const brief = document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity);
      await Promise.allSettled(brief.map((one) => one.finished));
    });
    await this.page.screenshot({ path });
  }

  /** Closes the window, and opens it again as its user finds it. */
  async again({ url, folder }) {
    const context = this.page.context();
    await this.page.close();
    this.page = await opened(context, url, folder);
  }

  close() {
    return this.page.context().close();
  }
}

async function opened(context, url, folder) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${url}/?folder=${encodeURIComponent(folder)}`);
  await page.locator('.monaco-workbench').waitFor();
  return page;
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
