// What a person does with code actions, step by step; see journeys.mjs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Conversation } from './conversation_journeys.mjs';

export function actionJourneys({ config, picture }) {
  const onDisk = (name) => readFileSync(join(config.folder, name), 'utf8');
  const release = () => fetch(`${config.model}/release`);
  const rows = (page) => page.locator('.action-widget .monaco-list-row.action');
  const threads = (page) => page.locator('.review-widget');
  const labels = (page) => page.locator('.review-widget .review-title .filename').allInnerTexts();
  const line = (page, text) => page.locator('.editor-instance .view-line', { hasText: text }).first();
  const changed = (page, name) => page.locator(`.tab.active.dirty[data-resource-name="${name}"]`).waitFor();

  /** Puts the cursor on a line, or selects lines. */
  const goTo = async (editor, first, last = 0) => {
    const { page } = editor;
    await page.keyboard.press('Control+G');
    const input = page.locator('.quick-input-widget input[type="text"]').first();
    await input.fill(`:${first}`);
    await page.keyboard.press('Enter');
    await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    await page.keyboard.press('Home');
    for (let at = first; at < last; at += 1) await page.keyboard.press('Shift+ArrowDown');
    if (last) await page.keyboard.press('Shift+End');
  };

  /** Opens the menu of the light bulb until an entry is in it: another language server may be slow. */
  const bulb = async (editor, words, key = 'Control+.') => {
    const { page } = editor;
    const row = rows(page).filter({ hasText: words }).first();
    if (await row.isVisible()) return row;
    for (let tries = 0; tries < 20; tries += 1) {
      await page.keyboard.press(key);
      await rows(page).first().waitFor({ timeout: 3_000 }).catch(() => undefined);
      if (await row.count()) return row;
      await page.keyboard.press('Escape');
      await page.waitForTimeout(500);
    }
    throw new Error(`no entry has “${words}”: ${await rows(page).allInnerTexts()}`);
  };

  /** Chooses an entry of the light bulb's menu as the keyboard does. */
  const choose = async (editor, words) => {
    await bulb(editor, words);
    const { page } = editor;
    const focused = page.locator('.action-widget .monaco-list-row.focused');
    await focused.waitFor();
    while (!(await focused.innerText()).includes(words)) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await rows(page).first().waitFor({ state: 'detached' });
  };

  const undo = async (editor, name) => {
    await editor.page.keyboard.press('Control+Z');
    await editor.page.locator(`.tab.active.dirty[data-resource-name="${name}"]`).waitFor();
    await editor.save();
    return onDisk(name);
  };

  const saved = async (editor, name) => {
    await changed(editor.page, name);
    await editor.save();
    return onDisk(name);
  };

  return {
    async actionSimplify(editor) {
      const { page } = editor;
      const seen = {};
      await editor.openFile('pricing.py');
      await goTo(editor, 10);
      seen.offered = await (await bulb(editor, 'Simplify')).innerText();
      await editor.screenshot(picture('bulb'));
      await choose(editor, 'Simplify');
      await page.locator('.monaco-diff-editor .line-insert').first().waitFor({ state: 'attached' });
      await threads(page).filter({ hasText: 'syntax' }).waitFor();
      await editor.screenshot(picture('diff'));
      [seen.label] = await labels(page);
      seen.checks = await threads(page).innerText();
      seen.onDisk = onDisk('pricing.py');
      await page.locator('.editor-actions [aria-label^="Apply Proposed Change"]').click();
      await page.locator('.tab.active.dirty[data-resource-name="pricing.py"]:not(:has-text("↔"))').waitFor();
      await line(page, 'max(item.discount, 0)').waitFor();
      await editor.screenshot(picture('applied'));
      seen.applied = await saved(editor, 'pricing.py');
      seen.undone = await undo(editor, 'pricing.py');
      await editor.screenshot(picture('undone'));
      return { ...seen, notifications: await editor.notifications() };
    },

    async actionInline(editor) {
      const { page } = editor;
      const seen = {};
      const input = page.locator('.quick-input-widget input[type="text"]').first();
      const begin = async () => {
        await goTo(editor, 7, 18);
        await page.keyboard.press('Control+Alt+I');
        await page.locator('.quick-input-title', { hasText: 'Edit lines 7–18 of pricing.py' }).waitFor();
        await input.fill('Shorten both');
        await page.keyboard.press('Enter');
        await threads(page).filter({ hasText: '+ def price' }).or(threads(page).filter({ hasText: 'max(item' })).first().waitFor();
      };
      const button = (at, name) => threads(page).nth(at).locator(`.review-actions [aria-label^="${name}"]`);
      await editor.openFile('pricing.py');
      await begin();
      await editor.screenshot(picture('streaming'));
      seen.streamed = await threads(page).innerText();
      await page.keyboard.press('Escape');
      await threads(page).waitFor({ state: 'detached' });
      await editor.screenshot(picture('stopped'));
      await page.locator('.tab.active:not(.dirty)').waitFor();
      seen.stopped = onDisk('pricing.py');

      await begin();
      await release();
      await threads(page).filter({ hasText: 'Change 2 of 2' }).waitFor();
      await editor.screenshot(picture('hunks'));
      seen.waiting = onDisk('pricing.py');
      seen.labels = await labels(page);
      seen.checks = await threads(page).first().innerText();
      await button(0, 'Accept Change').click();
      await threads(page).filter({ hasText: 'The change' }).waitFor();
      seen.one = await saved(editor, 'pricing.py');
      await editor.screenshot(picture('one-accepted'));
      seen.left = (await labels(page)).map((label) => label.split(':')[0]);
      await button(0, 'Reject Change').click();
      await threads(page).waitFor({ state: 'detached' });
      seen.rejected = onDisk('pricing.py');
      seen.undone = await undo(editor, 'pricing.py');

      await begin();
      await release();
      await threads(page).filter({ hasText: 'Change 2 of 2' }).waitFor();
      await editor.page.locator('.editor-instance .view-lines').first().click();
      await page.keyboard.press('Control+Alt+Shift+Enter');
      await threads(page).first().waitFor({ state: 'detached' });
      seen.all = await saved(editor, 'pricing.py');
      await editor.screenshot(picture('all-accepted'));
      seen.allUndone = await undo(editor, 'pricing.py');
      return { ...seen, notifications: await editor.notifications() };
    },

    async actionExplain(editor) {
      const { page } = editor;
      const seen = {};
      await editor.openFile('pricing.py');
      await goTo(editor, 7);
      await choose(editor, 'Explain `price`');
      const chat = new Conversation(editor);
      await chat.page.locator('#question').waitFor();
      seen.answer = await chat.says('It makes a price.');
      await chat.page.locator('.answer[aria-busy=false]').waitFor();
      seen.question = await chat.page.locator('[role=article]').first().innerText();
      await editor.screenshot(picture('answer'));
      seen.more = await chat.ask(config.more);
      await editor.screenshot(picture('asked-on'));
      await page.mouse.move(640, 300);
      return { ...seen, audit: await chat.audit() };
    },

    async actionFix(editor) {
      const { page } = editor;
      const seen = {};
      await editor.openFile('shown.js');
      await page.locator('.squiggly-error').first().waitFor();
      await goTo(editor, 5);
      for (let at = 0; at < 16; at += 1) await page.keyboard.press('ArrowRight');
      seen.offered = await (await bulb(editor, 'Fix: Property')).innerText();
      await editor.screenshot(picture('bulb'));
      await choose(editor, 'Fix: Property');
      await threads(page).filter({ hasText: 'syntax' }).waitFor();
      await editor.screenshot(picture('diff'));
      await editor.command('Ownstack: Apply Proposed Change');
      seen.applied = await saved(editor, 'shown.js');
      await page.locator('.squiggly-error').waitFor({ state: 'detached' });
      seen.problems = await page.locator('.squiggly-error').count();
      await editor.screenshot(picture('fixed'));
      return seen;
    },

    async actionReview(editor) {
      const { page } = editor;
      const seen = {};
      await editor.openFile('pricing.py');
      await editor.command('Ownstack: Review Selection or File');
      seen.said = await editor.seeNotification('The review found');
      await page.locator('.squiggly-warning').first().waitFor();
      await editor.screenshot(picture('found'));
      await editor.press('Show Problems');
      const problem = page.locator('.markers-panel .monaco-list-row', { hasText: 'A negative rate' });
      await problem.waitFor();
      seen.problem = await problem.innerText();
      await editor.screenshot(picture('problems'));
      await editor.command('Ownstack: Clear Review');
      await page.locator('.squiggly-warning').first().waitFor({ state: 'detached' });
      seen.cleared = await page.locator('.squiggly-warning').count();
      return seen;
    },

    async actionByRules(editor) {
      const { page } = editor;
      const seen = {};
      await editor.openFile('pricing.py');
      await goTo(editor, 3);
      await bulb(editor, 'Remove unused imports');
      await editor.screenshot(picture('bulb'));
      await choose(editor, 'Remove unused imports');
      await line(page, 'import os').waitFor({ state: 'detached' });
      seen.applied = await saved(editor, 'pricing.py');
      await editor.screenshot(picture('applied'));
      seen.undone = await undo(editor, 'pricing.py');
      return { ...seen, ...(await disabled(editor)) };
    },

    async actionRestricted(editor) {
      const seen = {};
      await editor.openFile('pricing.py');
      Object.assign(seen, await disabled(editor));
      await editor.backToText();
      await editor.page.keyboard.press('Control+Alt+I');
      await editor.page.locator('.quick-input-title', { hasText: 'Edit line' }).waitFor();
      await editor.page.locator('.quick-input-widget input[type="text"]').first().fill('Shorten it');
      await editor.page.keyboard.press('Enter');
      seen.inline = await editor.seeNotification('not trusted');
      await editor.screenshot(picture('inline'));
      return seen;
    },

    async actionCommitMessage(editor) {
      const { page } = editor;
      const seen = {};
      const box = page.locator('.scm-input .view-lines');
      const written = async (words) => {
        await box.filter({ hasText: words.replaceAll(' ', '\u00a0') }).waitFor();
        const lines = await page.locator('.scm-input .view-line').allInnerTexts();
        return lines.map((text) => text.replaceAll('\u00a0', ' ')).join('\n').trim();
      };
      const press = () => page.locator('[aria-label^="Write Commit Message"]').first().click();
      await editor.command('Source Control: Focus on Changes View');
      await box.waitFor();
      await page.locator('.scm-view .monaco-list-row', { hasText: 'pricing.py' }).waitFor();
      await editor.screenshot(picture('button'));
      await press();
      seen.written = await written('Say what');
      seen.said = await editor.seeNotification('Nothing is staged');
      await editor.screenshot(picture('written'));
      await box.click();
      await page.keyboard.press('Control+A');
      await editor.type(config.why);
      await press();
      const dialog = page.locator('.monaco-dialog-box');
      await dialog.waitFor();
      await editor.screenshot(picture('asks'));
      seen.asked = await dialog.innerText();
      seen.kept = await written(config.why);
      await dialog.locator('.monaco-button', { hasText: 'Replace' }).click();
      seen.replaced = await written('Shorten');
      await editor.screenshot(picture('replaced'));
      return seen;
    },
  };

  /** Asks for all refactorings: those that cannot be done now are there, and say why. */
  async function disabled(editor) {
    const { page } = editor;
    await goTo(editor, 8);
    await bulb(editor, 'Simplify', 'Control+Shift+R');
    const row = page.locator('.action-widget .monaco-list-row', { hasText: 'Simplify' }).first();
    await editor.screenshot(picture('disabled'));
    const found = await row.innerText();
    await page.keyboard.press('Escape');
    return { disabled: found };
  }
}
