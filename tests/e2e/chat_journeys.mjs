// What a person does in the chat, step by step; see journeys.mjs.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const client = createRequire(join(import.meta.dirname, '..', '..', 'vscode-client', 'package.json'));
const AXE = readFileSync(client.resolve('axe-core/axe.min.js'), 'utf8');

/** The page of the chat, and what a person does in it. */
export class Chat {
  constructor(editor) {
    this.editor = editor;
    this.problems = [];
    editor.page.on('console', (message) => {
      const isOurs = /chat\.(?:js|css)|ownstack|Content.Security/i.test(`${message.text()} ${message.location().url}`);
      if (message.type() === 'error' && isOurs) this.problems.push(message.text());
    });
    editor.page.on('pageerror', (error) => this.problems.push(String(error)));
  }

  get page() {
    return this.editor.page.frameLocator('iframe.webview.ready').last().frameLocator('#active-frame');
  }

  async open() {
    await this.editor.command('Ownstack: Open Chat');
    await this.page.locator('#question').waitFor();
    await this.page.locator('#who:not(:empty)').waitFor();
    return this;
  }

  async write(text) {
    await this.page.locator('#question').fill(text);
    await this.page.locator('#question').press('Enter');
  }

  /** Asks, waits for the whole answer, and returns its text. */
  async ask(text) {
    const answers = this.page.locator('.answer[aria-busy=false]');
    const before = await answers.count();
    await this.write(text);
    await answers.nth(before).waitFor();
    return answers.nth(before).innerText();
  }

  /** Waits until a card says something, and returns it. */
  async said(card, pattern) {
    const words = card.locator('.said', { hasText: pattern });
    await words.waitFor();
    return words.innerText();
  }

  /** The frame that holds the page: scripts of a test run in it beside its policy. */
  async frame() {
    const handle = await this.page.locator('body').elementHandle();
    return handle.ownerFrame();
  }

  /** Returns what axe-core finds that is serious or worse. */
  async violations() {
    const frame = await this.frame();
    await frame.evaluate(AXE);
    // The page lets the colour of its place shine through, which axe takes for white.
    await frame.evaluate(() => { document.documentElement.style.background = 'var(--vscode-sideBar-background)'; });
    const { violations } = await frame.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join(' | ')}`);
  }
}

export function chatJourneys({ config, picture }) {
  /** Chooses a theme as a person does: in the list, by its name. */
  const theme = async (editor, name) => {
    await editor.command('Preferences: Color Theme');
    const input = editor.page.locator('.quick-input-widget input[type="text"]').first();
    await input.fill(name);
    await editor.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: name }).waitFor();
    await editor.page.keyboard.press('Enter');
  };

  /** Shows the page in each theme, takes a picture, and has it checked. */
  const inThemes = async (editor, chat, part) => {
    const found = {};
    for (const [short, name, kind] of [['light', '', 'vscode-light'], ['dark', 'Dark Modern', 'vscode-dark'], ['contrast', 'Dark High Contrast', 'vscode-high-contrast']]) {
      if (short !== 'light') await theme(editor, name);
      await chat.page.locator(`body.${kind}`).waitFor();
      await editor.page.mouse.move(640, 300);
      await editor.screenshot(picture(`${part}-${short}`));
      found[short] = await chat.violations();
    }
    return found;
  };

  /** The files of the folder as they are on the disk. */
  const files = () => {
    const named = readdirSync(config.folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    return Object.fromEntries(named.map(({ name }) => [name, readFileSync(join(config.folder, name), 'utf8')]));
  };

  /** Waits until files are on the disk, and returns them. */
  const filesWhen = async (fits) => {
    for (let tries = 0; tries < 100 && !fits(files()); tries += 1) await new Promise((resolve) => { setTimeout(resolve, 100); });
    return files();
  };

  return {
    /** Edits of two files: looked at, applied but for one hunk, undone, given back; then tests are run. */
    async chatEdits(editor) {
      const chat = await new Chat(editor).open();
      const before = files();
      await chat.page.locator('#tools').selectOption('on');
      await chat.page.locator('#tools option:checked', { hasText: 'Tools: on' }).waitFor({ state: 'attached' });
      const answer = await chat.ask(config.change);
      const card = chat.page.locator('.edits');
      await card.locator('.hunk').nth(2).waitFor();
      const proposed = { answer, steps: await chat.page.locator('.steps summary').allInnerTexts(), head: await card.locator('h3').innerText() };
      await editor.screenshot(picture('proposed'));
      const violations = await chat.violations();

      await card.getByRole('button', { name: 'Review' }).click();
      await editor.page.locator('.multiDiffEntry .editor .view-line', { hasText: 'rate' }).first().waitFor();
      await editor.screenshot(picture('review'));
      const tabs = () => editor.page.locator('.tabs-container .tab .label-name').allInnerTexts();
      const reviewed = await tabs();

      await card.getByRole('checkbox', { name: config.leftOut }).uncheck();
      await card.getByRole('button', { name: 'Apply 2 of 3 Changes' }).click();
      await card.locator('.applied').waitFor();
      await editor.page.locator('.multiDiffEntry').first().waitFor({ state: 'detached' });
      // What was left out is proposed still: one file, in a diff with commands of its own.
      await card.getByRole('button', { name: 'Review' }).click();
      await editor.page.locator('.tab.active', { hasText: 'orders.py: proposed' }).waitFor();
      await editor.screenshot(picture('one-file'));
      await editor.command('Ownstack: Discard Proposed Change');
      await card.getByText('Not applied').waitFor();
      await editor.page.locator('.tab', { hasText: 'orders.py: proposed' }).waitFor({ state: 'detached' });
      const isChanged = (now) => ['orders.py', 'invoice.py'].every((name) => now[name] !== before[name]);
      const applied = { files: await filesWhen(isChanged), tabs: await tabs(), words: await card.innerText() };
      await editor.screenshot(picture('applied'));

      await editor.openFile('orders.py');
      // One step of undo for all files of the change, though they are saved.
      await editor.page.keyboard.press('Control+Z');
      for (const name of ['orders.py', 'invoice.py']) await editor.page.locator(`.tab.dirty[data-resource-name="${name}"]`).waitFor();
      await editor.command('File: Save All');
      await editor.page.locator('.tab.dirty').first().waitFor({ state: 'detached' });
      const undone = files();
      await editor.screenshot(picture('undone'));
      await editor.backToText();
      await editor.page.keyboard.press('Control+Y');
      await editor.page.locator('.tab.dirty[data-resource-name="invoice.py"]').waitFor();
      await editor.backToText();
      await editor.type('# mine');
      await editor.command('File: Save All');
      await editor.page.locator('.tab.dirty').first().waitFor({ state: 'detached' });
      const mine = files();

      await card.getByRole('button', { name: 'Restore Checkpoint' }).click();
      const refused = await chat.said(card, /\S/);
      await editor.screenshot(picture('refused'));
      await card.getByRole('button', { name: 'Restore Anyway' }).click();
      await card.getByText('Restored:').waitFor();
      const restored = await filesWhen((now) => JSON.stringify(now) === JSON.stringify(before));
      await editor.screenshot(picture('restored'));

      await chat.write(config.test);
      const leave = chat.page.locator('.approval');
      await leave.waitFor();
      const approval = await leave.innerText();
      await editor.screenshot(picture('leave'));
      violations.push(...(await chat.violations()));
      const answers = chat.page.locator('.answer[aria-busy=false]');
      await leave.getByRole('button', { name: 'Allow Once' }).click();
      await answers.nth(1).waitFor();
      const ran = { left: await leave.count(), answer: await answers.nth(1).innerText(), steps: await answers.nth(1).locator('.steps summary').allInnerTexts() };
      await editor.screenshot(picture('tests'));
      return { before, proposed, reviewed, applied, undone, mine, refused, restored, approval, ran, violations, problems: chat.problems, notifications: await editor.notifications() };
    },

    async chatAnswers(editor) {
      const chat = await new Chat(editor).open();
      await editor.screenshot(picture('empty'));
      const answer = await chat.ask(config.question);
      await chat.page.locator('.sources a').first().waitFor();
      await chat.page.locator('#meter').click();
      const meter = await chat.page.locator('#context-table').innerText();
      const violations = await inThemes(editor, chat, 'answer');
      await chat.page.locator('#meter').click();
      await chat.page.locator('.sources a').first().click();
      await editor.page.locator('.tab.active[data-resource-name="orders.py"]').waitFor();
      await editor.screenshot(picture('source'));
      return { answer, meter, violations, problems: chat.problems, notifications: await editor.notifications() };
    },
  };
}
