// Journeys about the status item, its menu, and the pages that answer why.
import { constants, existsSync, utimesSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { Editor } from './editor.mjs';

const MINUTES_MS = 60_000;

/** Says how the compilation at work ends, as soon as there is one. */
async function compilationEnds(pipe, how) {
  const deadline = Date.now() + MINUTES_MS;
  for (;;) {
    try {
      const file = await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
      await file.write(`${how}\n`);
      await file.close();
      return;
    } catch (error) {
      // ENXIO: nobody reads yet.
      if (error.code !== 'ENXIO' || Date.now() > deadline) throw error;
      await pause(50);
    }
  }
}

const COMPILING = /compiling llama\.cpp/;
const READY = /ready\. The built-in completer/;

export function statusJourneys({ config, picture, daemon, START, GHOST, WORKING }) {
  const why = 'Ownstack: Why This Suggestion, or Why None?';

  return {
    async compiling(editor, browser) {
      const begun = await editor.seeStatus(COMPILING, MINUTES_MS);
      await editor.backToText();
      await editor.type(START);
      await editor.seeGhost(GHOST);
      await editor.screenshot(picture('begun'));
      const menu = await (await editor.menu()).allInnerTexts();
      await editor.screenshot(picture('menu'));
      await editor.page.keyboard.press('Escape');
      await editor.command('Ownstack: Doctor: Check What Works');
      const doctor = await editor.seePanel('Ownstack doctor');
      await editor.screenshot(picture('doctor'));
      // A window that comes later knows since when.
      const since = new Date(Date.now() - 3.5 * MINUTES_MS);
      utimesSync(config.lock, since, since);
      const second = await Editor.open(browser, config);
      await second.openFile('invoice.py');
      const later = await second.seeStatus(/3 minutes so far/, 60_000);
      await second.type(START);
      await second.seeGhost(GHOST);
      await second.screenshot(picture('later'));
      await compilationEnds(config.compiler, 'ok');
      const told = await editor.seeNotification('llama.cpp is ready');
      await editor.screenshot(picture('done'));
      const buttons = await editor.buttons();
      const after = await editor.seeStatus(READY, MINUTES_MS);
      await second.seeStatus(READY, MINUTES_MS);
      await second.close();
      return { begun, menu, doctor, later, told, buttons, after };
    },

    async notCompiled(editor) {
      await editor.seeStatus(COMPILING, MINUTES_MS);
      await compilationEnds(config.compiler, 'fail');
      const told = await editor.seeNotification('cannot run models');
      const buttons = await editor.buttons();
      const status = await editor.seeStatus(/completing from your files only/);
      await editor.screenshot(picture('failed-compile'));
      await editor.backToText();
      await editor.type(START);
      await editor.seeGhost(GHOST);
      // The message may have gone by now; the menu keeps the way out.
      await (await editor.menu()).filter({ hasText: 'Try again to compile' }).waitFor();
      await editor.screenshot(picture('menu'));
      await editor.focusedRow().filter({ hasText: 'Try again to compile' }).waitFor();
      await editor.page.keyboard.press('Enter');
      await editor.seeStatus(COMPILING, MINUTES_MS);
      await compilationEnds(config.compiler, 'fail');
      await editor.seeNotification('cannot run models');
      await editor.press('Try Again');
      await editor.seeStatus(COMPILING, MINUTES_MS);
      await compilationEnds(config.compiler, 'ok');
      const after = await editor.seeStatus(READY, MINUTES_MS);
      return { told, buttons, status, after };
    },

    async notCompiledBeside(editor, browser) {
      const failed = /completing from your files only/;
      const second = await Editor.open(browser, config);
      await second.openFile('invoice.py');
      await editor.seeStatus(COMPILING, MINUTES_MS);
      await second.seeStatus(COMPILING, MINUTES_MS);
      await compilationEnds(config.compiler, 'fail');
      // Told once in each window, which does not compile once more by itself.
      await editor.seeStatus(failed, MINUTES_MS);
      await second.seeNotification('cannot run models');
      await second.press('Try Again');
      await second.seeStatus(COMPILING, MINUTES_MS);
      const meanwhile = await editor.seeStatus(failed);
      await compilationEnds(config.compiler, 'fail');
      await second.seeStatus(failed, MINUTES_MS);
      await (await second.menu()).filter({ hasText: 'Try again to compile' }).click();
      await second.seeStatus(COMPILING, MINUTES_MS);
      await compilationEnds(config.compiler, 'ok');
      const both = [await second.seeStatus(READY, MINUTES_MS), await editor.seeStatus(READY, MINUTES_MS)];
      await second.screenshot(picture('ready'));
      await second.close();
      return { meanwhile, both };
    },

    async whyOff(editor) {
      await editor.type(START);
      await editor.seeGhost(GHOST);
      await editor.page.keyboard.press('Escape');
      await editor.command('Ownstack: Turn Completion On or Off for This Language');
      await editor.seeStatus(/Ownstack: off/);
      await editor.command(why);
      const text = await editor.seePanel('Why no suggestion');
      await editor.screenshot(picture('off'));
      await editor.panel().locator('button', { hasText: 'Turn On for python' }).click();
      await editor.seeStatus(WORKING);
      return { text };
    },

    async whyHidden(editor) {
      const { page } = editor;
      await editor.type(START);
      // While the list is still filled, another row may be the first.
      const row = page.locator('.suggest-widget.visible .monaco-list-row.focused', {
        hasText: 'fig_leaf',
      });
      await row.waitFor();
      const selected = await row.innerText();
      await editor.screenshot(picture('list'));
      await editor.command(why);
      const text = await editor.seePanel(/Why (this|no) suggestion/);
      await editor.screenshot(picture('hidden'));
      return { selected, text };
    },

    async snooze(editor) {
      await editor.type(START);
      await editor.seeGhost(GHOST);
      await editor.page.keyboard.press('Tab');
      await editor.seeGhost('');
      const rows = await editor.menuWith('Statistics: 1 shown, 1 taken');
      await editor.screenshot(picture('menu'));
      const menu = await rows.allInnerTexts();
      await rows.filter({ hasText: 'Snooze' }).click();
      await rows.filter({ hasText: '15 minutes' }).waitFor();
      await editor.screenshot(picture('how-long'));
      await rows.filter({ hasText: '15 minutes' }).click();
      const snoozed = await editor.seeStatus(/snoozed/);
      await editor.backToText();
      await editor.type(`\n${START}`);
      const ghost = await editor.ghost();
      await editor.screenshot(picture('snoozed'));
      await (await editor.menu()).filter({ hasText: 'End the snooze (15 minutes left)' }).waitFor();
      await editor.screenshot(picture('end'));
      await rows.filter({ hasText: 'End the snooze' }).click();
      await editor.seeStatus(WORKING);
      await editor.backToText();
      await editor.type('r');
      await editor.seeGhost(GHOST.slice(1));
      await editor.command('Ownstack: Statistics of Suggestions');
      const statistics = await editor.seePanel('Ownstack statistics');
      await editor.screenshot(picture('statistics'));
      return { menu, snoozed, ghost, statistics };
    },

    async acceptLine(editor) {
      await editor.type(START);
      await editor.seeGhost(GHOST);
      await editor.command('Ownstack: Suggest Now');
      await editor.seeGhost(`${GHOST}\n    return full_name.strip()`);
      await editor.page.keyboard.press('Control+Alt+Enter');
      await editor.page.locator('.view-line', { hasText: 'customer.last_name' }).first().waitFor();
      await editor.screenshot(picture('accepted'));
      await editor.save();
      return {};
    },

    async pickModel(editor) {
      const rows = await editor.modelsFor('Completion');
      await rows.filter({ hasText: 'Ollama' }).waitFor();
      await editor.screenshot(picture('list'));
      const listed = await rows.allInnerTexts();
      const title = await editor.page.locator('.quick-input-title').innerText();
      await rows.filter({ hasText: 'Ollama' }).click();
      const status = await editor.seeStatus(/ready\. Model tiny-coder:0\.1b/, 60_000);
      return { listed, title, status };
    },

    async workspaceOff(editor) {
      await editor.command('Ownstack: Turn Completion On or Off in This Workspace');
      const off = await editor.seeStatus(/switched off in this workspace/);
      // As a person does it: what is remembered is written before the window goes.
      await Promise.all([editor.page.waitForEvent('load'), editor.command('Developer: Reload Window')]);
      await editor.page.locator('.monaco-workbench .explorer-folders-view').waitFor();
      const reloaded = await editor.seeStatus(/switched off in this workspace/);
      await editor.command('Ownstack: Turn Completion On or Off in This Workspace');
      await editor.seeStatus(WORKING);
      await editor.command('Ownstack: Turn Completion On or Off for This Language');
      await editor.seeStatus(/switched off for python/);
      await editor.command('Ownstack: Turn Completion On or Off for This Language');
      await editor.seeStatus(WORKING);
      return { off, reloaded, written: existsSync(`${config.folder}/.vscode`) };
    },

    async doctorAlone(editor) {
      await editor.seeStatus(/problem/);
      const first = { told: await editor.notifications(), buttons: await editor.buttons() };
      await editor.screenshot(picture('told'));
      // The next message may come too soon for anybody to see that there is none.
      const message = editor.page.locator('.notifications-toasts .notification-list-item-message');
      const earlier = await message.first().elementHandle();
      await editor.press('Restart');
      await earlier.waitForElementState('hidden');
      await editor.seeNotification('is no working Python');
      await editor.command('Ownstack: Doctor: Check What Works');
      const doctor = await editor.seePanel('Ownstack doctor');
      await editor.screenshot(picture('doctor'));
      await editor.panel().locator('button', { hasText: 'Open Settings' }).first().click();
      await editor.page.locator('.settings-editor .setting-item-contents', { hasText: 'Interpreter' }).first().waitFor();
      await editor.screenshot(picture('settings'));
      return { first, doctor };
    },

    async restartAll(editor, browser) {
      const before = daemon();
      const second = await Editor.open(browser, config);
      await second.openFile('invoice.py');
      await second.seeStatus(WORKING);
      await editor.command('Ownstack: Restart for All Windows');
      let after = daemon();
      while (after.pid === before.pid || after.sessions !== 2) after = daemon();
      for (const window of [editor, second]) {
        await window.seeStatus(WORKING);
        await window.backToText();
        await window.type(START);
        await window.seeGhost(GHOST);
      }
      const notifications = [...(await editor.notifications()), ...(await second.notifications())];
      await second.close();
      return { notifications };
    },

    async walkthrough(editor) {
      const { page } = editor;
      await page.keyboard.press('Control+F4');
      await editor.command('Welcome: Open Walkthrough...');
      const rows = page.locator('.quick-input-list .monaco-list-row', { hasText: 'Get Started with Ownstack' });
      await rows.first().waitFor();
      await rows.first().click();
      await page.locator('.gettingStartedContainer .step-title', { hasText: 'Type, and press Tab' }).waitFor();
      await editor.screenshot(picture('steps'));
      await page.locator('.gettingStartedContainer a, .gettingStartedContainer .monaco-button', { hasText: 'Suggest Now' }).first().click();
      await editor.seeGhost('rst_name + " " + customer.last_name');
      await editor.screenshot(picture('suggested'));
      return {};
    },
  };
}
