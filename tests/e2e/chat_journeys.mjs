// What a person does in the chat, step by step; see journeys.mjs.
import { readFileSync } from 'node:fs';
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

  return {
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
