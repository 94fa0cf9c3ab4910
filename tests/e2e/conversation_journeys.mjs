// What a person does with conversations, step by step; see journeys.mjs.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Chat } from './chat_journeys.mjs';

const READY = /completing without a model/;

/** A conversation, and what a person does with it. */
export class Conversation extends Chat {
  get answer() {
    return this.page.locator('.answer').last();
  }

  get cards() {
    return this.page.locator('details.card');
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** The button of the code block for a file. */
  code(action, path) {
    const block = this.page.locator('.code', { has: this.page.locator(`pre[data-file="${path}"]`) });
    return block.last().getByRole('button', { name: action, exact: true });
  }

  /** Waits until the newest answer has this, and returns all of it. */
  async says(words) {
    await this.answer.filter({ hasText: words }).waitFor();
    return this.answer.locator('.markdown').innerText();
  }

  /** Waits until the answer that is being written has this. */
  async writes(words) {
    await this.page.locator('.answer[aria-busy=true]', { hasText: words }).waitFor();
  }

  /** Waits for what is told above the text box, and returns it. */
  async told(words) {
    const banner = this.page.locator('.banner', { hasText: words });
    await banner.waitFor();
    return banner.locator('p').innerText();
  }

  /** Returns what has the keyboard, by its id or what it says. */
  async focus() {
    const frame = await this.frame();
    return frame.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  }

  /** Returns what is wrong with the page for any person, and what messages are called. */
  async audit() {
    const frame = await this.frame();
    const unreachable = await frame.evaluate(() =>
      [...document.querySelectorAll('a, button, input, summary, textarea')]
        .filter((control) => control.checkVisibility() && control.tabIndex < 0)
        .map((control) => control.outerHTML),
    );
    const names = await this.page.locator('[role=article]').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
    return { violations: await this.violations(), unreachable, names: [...new Set(names)], problems: this.problems, notifications: await this.editor.notifications() };
  }
}

export function conversationJourneys({ config, picture }) {
  const onDisk = (name) => readFileSync(join(config.folder, name), 'utf8');
  const release = () => fetch(`${config.model}/release`);

  return {
    async chatCode(editor) {
      const { page } = editor;
      const chat = await new Conversation(editor).open();
      await chat.ask(config.question);
      const seen = {};
      const tab = (name) => page.locator(`.tab.active[data-resource-name="${name}"]:not(:has-text("proposed"))`);
      const line = (text) => page.locator('.editor-instance .view-line', { hasText: text }).first().waitFor();
      const propose = async (path) => {
        await chat.code('Apply…', path).press('Enter');
        await page.locator('.tab.active', { hasText: `${path}: proposed` }).waitFor();
        await page.locator('.monaco-diff-editor .line-insert').first().waitFor({ state: 'attached' });
      };
      const apply = () => page.locator('.editor-actions [aria-label^="Apply Proposed Change"]').click();

      await propose('orders.py');
      await editor.screenshot(picture('diff'));
      await apply();
      await tab('orders.py').and(page.locator('.dirty')).waitFor();
      await editor.screenshot(picture('applied'));
      await editor.save();
      seen.applied = onDisk('orders.py');
      await page.keyboard.press('Control+Z');
      await editor.save();
      seen.undone = onDisk('orders.py');

      await chat.code('Apply…', '../outside.py').press('Enter');
      seen.outside = await chat.told('outside');
      chmodSync(join(config.folder, 'labels.py'), 0o444);
      await chat.code('Apply…', 'labels.py').press('Enter');
      seen.readOnly = await chat.told('read-only');
      seen.notices = await chat.page.locator('.notice').count();
      await editor.screenshot(picture('refused'));

      await propose('prices.py');
      writeFileSync(join(config.folder, 'prices.py'), config.changed);
      await page.locator('.monaco-diff-editor .original .view-line', { hasText: config.changed.trim() }).waitFor();
      await apply();
      seen.changed = await editor.seeNotification('has changed');
      await editor.screenshot(picture('changed'));
      await page.locator('.editor-actions [aria-label^="Discard Proposed Change"]').click();
      await page.locator('.tab', { hasText: 'prices.py' }).waitFor({ state: 'detached' });
      await editor.command('Notifications: Clear All Notifications');

      await editor.openFile('invoice.py');
      await editor.type('pass');
      await propose('invoice.py');
      await editor.screenshot(picture('unsaved'));
      await apply();
      await tab('invoice.py').waitFor();
      await line('return customer.full_name');
      seen.notSaved = onDisk('invoice.py');
      await page.keyboard.press('Control+Z');
      await line('pass');
      await editor.save();
      seen.unsaved = onDisk('invoice.py');

      await propose('sub/fresh.py');
      await apply();
      await tab('fresh.py').waitFor();
      await line('FRESH = True');

      await editor.openFile('notes.txt');
      await chat.code('Insert', 'orders.py').press('Enter');
      await line('return sum');
      await editor.save();
      seen.inserted = onDisk('notes.txt');
      await chat.code('New File', 'orders.py').press('Enter');
      await page.locator('.tab.active', { hasText: 'Untitled' }).waitFor();
      await line('return sum');
      seen.language = await page.locator('#status\\.editor\\.mode').innerText();
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await chat.code('Copy', 'orders.py').press('Enter');
      await page.locator('#status\\.extensionMessage', { hasText: 'Copied' }).waitFor();
      await editor.screenshot(picture('copied'));
      seen.copied = await page.evaluate(() => navigator.clipboard.readText());
      return { ...seen, audit: await chat.audit() };
    },

    async chatStreams(editor) {
      const { page } = editor;
      const chat = await new Conversation(editor).open();
      const seen = {};

      await chat.write('First?');
      await chat.writes('one-end');
      await editor.screenshot(picture('writing'));
      await chat.button('Stop').press('Enter');
      await chat.page.locator('.finish', { hasText: 'Stopped' }).waitFor();
      seen.stopped = await chat.says('one-end');
      seen.focus = await chat.focus();

      // The index was built meanwhile: that it was not is no longer said.
      await chat.page.locator('.banner').waitFor({ state: 'detached' });
      await editor.screenshot(picture('stopped'));

      await chat.write('Second?');
      await chat.writes('one-end');
      await editor.command('View: Show Explorer');
      await page.locator('iframe.webview').waitFor({ state: 'detached' });
      await release();
      await editor.command('Ownstack: Open Chat');
      await chat.writes('two-end');
      await chat.write('Third?');
      await chat.write('Fourth?');
      await chat.page.locator('#queue li').nth(1).waitFor();
      seen.doing = await chat.page.locator('#doing-words').innerText();
      await editor.screenshot(picture('queue'));
      await chat.button('Remove: Third?').press('Enter');
      await chat.page.locator('#queue li', { hasText: 'Third?' }).waitFor({ state: 'detached' });
      await chat.button('Remove: Fourth?').press('Enter');
      await chat.page.locator('#queue').waitFor({ state: 'hidden' });
      seen.draft = await chat.page.locator('#question').inputValue();

      await Promise.all([page.waitForEvent('load'), editor.command('Developer: Reload Window')]);
      await chat.writes('two-end');
      seen.draftAgain = await chat.page.locator('#question').inputValue();
      await editor.screenshot(picture('reloaded'));
      await release();
      await chat.page.locator('.answer[aria-busy=false]', { hasText: 'three-end' }).waitFor();
      seen.whole = await chat.says('three-end');
      await chat.page.locator('#question').fill('');
      await chat.write('Fifth?');
      await chat.writes('one-end');
      await chat.write('Sixth?');
      await chat.page.locator('#queue li').waitFor();
      for (let count = 0; count < 2; count += 1) await release();
      seen.sixth = await chat.says('Answered.');
      return { ...seen, audit: await chat.audit() };
    },

    async chatMemory(editor) {
      const chat = await new Conversation(editor).open();
      const seen = {};
      const inbox = chat.page.locator('#memory-inbox li');
      const open = async () => {
        await chat.button('Memory').press('Enter');
        await inbox.waitFor();
      };

      await chat.ask('We decided to use trio for our async tests.');
      seen.notes = await chat.page.locator('.note').allInnerTexts();
      await open();
      await editor.screenshot(picture('inbox'));
      seen.inbox = await chat.audit();
      await chat.button(/^Accept /).press('Enter');
      await chat.page.locator('#memory-entries li').waitFor();
      await editor.screenshot(picture('accepted'));
      seen.accepted = await chat.page.locator('#memory-state').innerText();
      seen.file = onDisk('.ownstack/memory/decisions.md');
      await editor.page.keyboard.press('Escape');
      await chat.ask('We decided to use tabs for the shop labels.');
      await open();
      await chat.button(/^Reject /).press('Enter');
      await inbox.waitFor({ state: 'detached' });
      seen.rejected = await chat.page.locator('#memory-state').innerText();
      seen.held = await chat.focus();
      await editor.page.keyboard.press('Escape');
      seen.left = await chat.focus();

      for (let part = 0; part < 4; part += 1) await chat.ask(`Tell me about part ${part}.`);
      await chat.page.locator('#meter').press('Enter');
      await chat.button('Sum Up Now').press('Enter');
      await chat.cards.waitFor();
      await editor.screenshot(picture('meter'));
      await editor.page.keyboard.press('Escape');
      await chat.cards.locator('> summary').press('Enter');
      seen.card = await chat.cards.innerText();
      await editor.screenshot(picture('card'));
      seen.audit = await chat.audit();
      await chat.button('Edit Summary').press('Enter');
      await chat.cards.locator('textarea').fill('All about **parts**.');
      await editor.screenshot(picture('editing'));
      await chat.button('Save Summary').press('Enter');
      await chat.cards.nth(1).waitFor();
      seen.afterSave = await chat.focus();
      await chat.cards.nth(1).locator('> summary').press('Enter');
      seen.edited = await chat.cards.nth(1).innerText();
      await chat.button('Pin').press('Enter');
      await chat.page.locator('#meter').press('Enter');
      await chat.page.locator('#pins li').waitFor();
      seen.pinned = await chat.page.locator('#pins').innerText();
      await editor.screenshot(picture('pinned'));
      await editor.page.keyboard.press('Escape');
      await chat.button('Undo').press('Enter');
      await chat.cards.nth(1).waitFor({ state: 'detached' });
      await chat.cards.locator('> summary').press('Enter');
      await chat.button('Undo').press('Enter');
      await chat.cards.waitFor({ state: 'detached' });
      await editor.screenshot(picture('undone'));
      return seen;
    },

    async chatSessions(editor) {
      const chat = await new Conversation(editor).open();
      const seen = {};
      await chat.ask('We decided to use trio for our async tests.');

      await editor.again(config);
      await editor.seeStatus(READY);
      const resumed = await new Conversation(editor).open();
      const { page } = resumed;
      const list = page.locator('#sessions-list');
      seen.resumed = await resumed.says('Noted.');
      await editor.screenshot(picture('resumed'));
      await resumed.button('New').press('Enter');
      await page.locator('#welcome').waitFor();
      await resumed.ask('What is a warehouse?');
      await page.locator('#title').press('Enter');
      await list.locator('li').nth(1).waitFor();
      await editor.screenshot(picture('listed'));
      seen.audit = await resumed.audit();
      await page.locator('#sessions-search').fill('trio');
      await page.locator('#sessions-state', { hasText: '1 conversation' }).waitFor();
      seen.found = await list.innerText();
      await editor.screenshot(picture('found'));

      const input = editor.page.locator('.quick-input-widget input[type="text"]').first();
      await list.getByRole('button', { name: /^Rename/ }).press('Enter');
      await input.fill('About async tests');
      await editor.page.keyboard.press('Enter');
      await list.locator('.title', { hasText: 'About async tests' }).waitFor();
      seen.focus = await resumed.focus();
      await list.getByRole('button', { name: /^Export/ }).press('Enter');
      await editor.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Markdown' }).click();
      await editor.page.locator('.quick-input-title', { hasText: 'Export Conversation' }).waitFor();
      await editor.page.waitForFunction(() => /conversation-\w+\.md$/.test(document.querySelector('.quick-input-widget input[type="text"]').value));
      await editor.screenshot(picture('exporting'));
      await editor.page.keyboard.press('Enter');
      const tab = editor.page.locator('.tab.active[data-resource-name^="conversation-"]');
      await tab.waitFor();
      seen.exported = onDisk(await tab.getAttribute('data-resource-name'));
      await editor.screenshot(picture('exported'));
      await list.getByRole('button', { name: /^Delete/ }).press('Enter');
      const dialog = editor.page.locator('.monaco-dialog-box');
      await editor.screenshot(picture('deleting'));
      seen.asked = await dialog.innerText();
      await dialog.locator('.monaco-button', { hasText: 'Delete' }).click();
      await page.locator('#sessions-state', { hasText: 'Nothing found' }).waitFor();
      await page.locator('#sessions-search').fill('');
      await page.locator('#sessions-state', { hasText: '1 conversation' }).waitFor();
      seen.left = await list.innerText();
      await editor.screenshot(picture('deleted'));
      return seen;
    },

    async chatRestricted(editor) {
      const { page } = editor;
      const chat = await new Conversation(editor).open();
      const seen = { banners: await chat.page.locator('.banner p').allInnerTexts() };
      await editor.screenshot(picture('restricted'));
      seen.before = await chat.ask('What does total_0 in @orders.py do?');
      seen.audit = await chat.audit();
      if (config.model) {
        await chat.code('Apply…', 'orders.py').press('Enter');
        seen.refused = await chat.told('Nothing is applied in restricted mode');
        await editor.screenshot(picture('refused'));
        return seen;
      }
      await chat.button('Manage Trust').press('Enter');
      await page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).click();
      await chat.page.locator('.banner.warning').waitFor({ state: 'detached' });
      await chat.page.locator('.banner', { hasText: 'index' }).nth(1).waitFor({ state: 'detached' });
      seen.after = await chat.ask('What does total_0 in @orders.py do now?');
      await editor.screenshot(picture('index'));
      await chat.button('Choose a Model…').press('Enter');
      await page.locator('.quick-input-list .monaco-list-row').first().waitFor();
      seen.title = await page.locator('.quick-input-title').innerText();
      await editor.screenshot(picture('choose'));
      return seen;
    },
  };
}
