// What a person does in the editor, step by step. Reads a JSON configuration on standard input,
// prints what was seen as JSON: the asserts are in test_editor.py.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { actionJourneys } from './action_journeys.mjs';
import { chatJourneys } from './chat_journeys.mjs';
import { conversationJourneys } from './conversation_journeys.mjs';
import { Editor, openBrowser } from './editor.mjs';
import { improvementJourneys } from './improvement_journeys.mjs';
import { installJourneys } from './install_journeys.mjs';
import { learningJourneys } from './learning_journeys.mjs';
import { realModelJourney } from './real_model_journey.mjs';
import { statusJourneys } from './status_journeys.mjs';

const START = 'full_name = customer.fi';
const GHOST = 'rst_name + " " + customer.last_name';
const WORKING = /completing without a model/;

const config = JSON.parse(readFileSync(0, 'utf8'));
const picture = (name) => join(config.artifacts, `${config.journey}-${name}.png`);
const daemon = () =>
  JSON.parse(execFileSync(config.python, ['-m', 'ownstack', 'status', '--json'], { cwd: config.home }))
    .daemon;

/** Waits until the daemon has read so many files of the folder. */
const indexed = async (files) => {
  for (;;) {
    const [index] = daemon().indexes ?? [];
    if (index?.state === 'ready' && index.files >= files) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
};

const journeys = {
  ...statusJourneys({ config, picture, daemon, START, GHOST, WORKING }),
  ...actionJourneys({ config, picture }),
  ...chatJourneys({ config, picture }),
  ...conversationJourneys({ config, picture }),
  ...improvementJourneys({ config, picture, daemon }),
  ...installJourneys({ config, START, GHOST }),
  ...learningJourneys({ picture, START, GHOST }),
  ...realModelJourney({ config, picture, indexed }),

  async accept(editor) {
    await editor.type(START);
    await editor.seeGhost(GHOST);
    await editor.screenshot(picture('before-tab'));
    await editor.page.keyboard.press('Tab');
    await editor.seeGhost('');
    await editor.screenshot(picture('after-tab'));
    await editor.save();
    return { status: await editor.seeStatus(WORKING), notifications: await editor.notifications() };
  },

  async typeThrough(editor) {
    if (config.ready) await editor.seeStatus(new RegExp(`ready\\. ${config.ready}`));
    await editor.type(START);
    await editor.seeGhost(GHOST);
    for (let typed = 1; typed <= 8; typed += 1) {
      await editor.type(GHOST[typed - 1]);
      await editor.seeGhost(GHOST.slice(typed));
    }
    await editor.screenshot(picture('typed-through'));
    await editor.type('Q');
    await editor.seeGhost('');
    await editor.screenshot(picture('moved-on'));
    return {};
  },

  async otherFile(editor) {
    await editor.openFile(config.file);
    await editor.seeStatus(new RegExp(`ready\\. ${config.ready}`));
    await indexed(config.files);
    await editor.type(config.types);
    await editor.seeGhost(config.writes);
    await editor.screenshot(picture('before-tab'));
    await editor.page.keyboard.press('Tab');
    await editor.seeGhost('');
    await editor.save();
    return { notifications: await editor.notifications() };
  },

  async bracket(editor) {
    await editor.type('subtotal = sum(item.pr');
    // Known as `items` where it was written before: echo takes the name that this function has.
    await editor.seeGhost('ice * item.quantity for item in customer');
    await editor.screenshot(picture('before-tab'));
    await editor.page.keyboard.press('Tab');
    await editor.seeGhost('');
    await editor.save();
    return {};
  },

  async secondWindow(editor, browser) {
    const first = daemon();
    const second = await Editor.open(browser, config);
    await second.openFile('invoice.py');
    await second.seeStatus(WORKING);
    await second.type(START);
    await second.seeGhost(GHOST);
    const both = daemon();
    await second.close();
    await editor.type(START);
    await editor.seeGhost(GHOST);
    return { first, both };
  },

  async switchedOff(editor) {
    await editor.command('Ownstack: Turn Completion On or Off for This Language');
    const off = await editor.seeStatus(/Ownstack: off/);
    await editor.page.locator('.editor-instance .view-lines').first().click();
    await editor.type(START);
    await editor.command('Ownstack: Turn Completion On or Off for This Language');
    await editor.seeStatus(WORKING);
    await editor.page.locator('.editor-instance .view-lines').first().click();
    await editor.page.keyboard.press('Control+End');
    const whileOff = await editor.ghost();
    await editor.command('Ownstack: Suggest Now');
    // Who asks may be given a block.
    await editor.seeGhost(`${GHOST}\n    return full_name.strip()`);
    return { off, whileOff };
  },

  async keys(editor) {
    await editor.type(START);
    await editor.seeGhost(GHOST);
    await editor.type('number = number + 1\n'.repeat(10));
    await editor.command('Ownstack: Doctor: Check What Works');
    const doctor = await editor.seePanel('Ownstack doctor');
    await editor.screenshot(picture('doctor'));
    return { doctor };
  },

  async explain(editor) {
    await editor.type(START);
    await editor.seeGhost(GHOST);
    await editor.command('Ownstack: Why This Suggestion, or Why None?');
    const text = await editor.seePanel('Why this suggestion');
    await editor.screenshot(picture('why'));
    // The heading has the keyboard: Tab goes on, Escape goes back to the text.
    const focused = await editor.panel().locator('h1:focus').count();
    await editor.panel().locator('a', { hasText: 'orders.py, line' }).click();
    await editor.page.locator('.tab.active[data-resource-name="orders.py"]').waitFor();
    await editor.page.locator('.editor-group-container').first().locator('.view-line', { hasText: 'customer.last_name' }).first().waitFor();
    await editor.screenshot(picture('origin'));
    await editor.panel().locator('h1').click();
    await editor.page.keyboard.press('Escape');
    await editor.page.locator('iframe.webview.ready').waitFor({ state: 'detached' });
    return { text, focused };
  },

  async search(editor) {
    const { page } = editor;
    const rows = page.locator('.quick-input-list .monaco-list-row');
    const inFront = (name) => page.locator(`.tab.active[data-resource-name="${name}"]`);
    await editor.command('Ownstack: Search Project');
    const input = page.locator('.quick-input-widget input[type="text"]').first();
    await input.waitFor();
    await page.locator('.quick-input-title', { hasText: 'Search Project' }).waitFor();
    await editor.type('how is the total of items summed up');
    await rows.first().waitFor();
    // The best result is shown in the editor while the list has the keyboard.
    await inFront('orders.py').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.locator('.view-overlays .cdr.rangeHighlight, .view-overlays .cdr[class*="ced-"]').first().waitFor();
    await editor.screenshot(picture('results'));
    const listed = await rows.allInnerTexts();
    const labels = await rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-label')));
    await page.keyboard.press('Escape');
    await inFront('invoice.py').waitFor();
    // What was only looked at is closed again.
    await page.locator('.tab[data-resource-name="orders.py"]').waitFor({ state: 'detached' });
    const afterEscape = await page.locator('.tab').allInnerTexts();
    await editor.command('Ownstack: Search Project');
    await rows.first().waitFor();
    await input.fill('label_7');
    await rows.filter({ hasText: 'label_7' }).first().waitFor();
    await page.keyboard.press('Enter');
    await inFront('orders.py').waitFor();
    await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    await page.locator('.view-line', { hasText: 'label_7' }).waitFor();
    await editor.screenshot(picture('opened'));
    await editor.command('Ownstack: Why Is This File Not Indexed?');
    const why = await editor.seePanel('Ownstack index');
    await editor.screenshot(picture('why'));
    return { listed, labels, afterEscape, why, notifications: await editor.notifications() };
  },

  async menu(editor) {
    const rows = await editor.menuWith('nothing shown yet');
    await editor.screenshot(picture('menu'));
    const first = await rows.allInnerTexts();
    // Only the rows that fit are there: up from the first is the last.
    await editor.focusedRow().waitFor();
    await editor.page.keyboard.press('ArrowUp');
    await editor.focusedRow().filter({ hasText: 'Restart' }).waitFor();
    return { rows: [...first, ...(await rows.allInnerTexts())] };
  },

  async menuHeld(editor) {
    const { pid } = daemon();
    process.kill(pid, 'SIGSTOP');
    try {
      const rows = await editor.menu();
      await editor.focusedRow().waitFor();
      while (!(await editor.focusedRow().filter({ hasText: 'Statistics' }).count())) {
        await editor.page.keyboard.press('ArrowUp');
      }
      await rows.filter({ hasText: 'Doctor' }).waitFor();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    daemon(); // It answers again, and has answered what it was asked before.
    const focused = await editor.focusedRow().allInnerTexts();
    await editor.page.keyboard.press('Enter');
    return { focused, page: await editor.seePanel('Ownstack statistics') };
  },

  async alternatives(editor) {
    const counter = editor.page.locator('.inlineSuggestionsHints');
    await editor.openFile('servers.py');
    await editor.type('server = ');
    await editor.seeGhost(config.first);
    await editor.page.keyboard.press('Alt+]');
    await editor.seeGhost(config.second);
    await editor.screenshot(picture('second'));
    const second = await counter.innerText();
    await editor.page.keyboard.press('Alt+[');
    await editor.seeGhost(config.first);
    await editor.screenshot(picture('first'));
    const first = await counter.innerText();
    await editor.page.keyboard.press('Alt+]');
    await editor.seeGhost(config.second);
    await editor.page.keyboard.press('Tab');
    await editor.seeGhost('');
    await editor.screenshot(picture('accepted'));
    await editor.save();
    return { first, second };
  },

  async model(editor) {
    const status = await editor.seeStatus(new RegExp(`ready\\. ${config.ready}`));
    await editor.type('value = x');
    await editor.seeGhost(config.writes);
    await editor.screenshot(picture('before-tab'));
    await editor.page.keyboard.press('Tab');
    await editor.seeGhost('');
    await editor.save();
    return { status, notifications: await editor.notifications() };
  },

  async crash(editor) {
    const { pid } = daemon();
    process.kill(pid, 'SIGKILL');
    let after = daemon();
    while (!after.running || after.pid === pid) after = daemon();
    await editor.seeStatus(WORKING);
    await editor.type(START);
    await editor.seeGhost(GHOST);
    return { before: pid, after: after.pid, notifications: await editor.notifications() };
  },

  async noInterpreter(editor) {
    const status = await editor.seeStatus(/problem/);
    await editor.type(START);
    await editor.screenshot(picture('problem'));
    return { status, notifications: await editor.notifications() };
  },

  async firstStart(editor) {
    await editor.screenshot(picture('installing'));
    await editor.seeStatus(WORKING, 240_000);
    await editor.type(START);
    await editor.seeGhost(GHOST);
    await editor.screenshot(picture('echo'));
    return { status: await editor.seeStatus(WORKING) };
  },
};

const browser = await openBrowser(config.chromium);
try {
  const editor = await Editor.open(browser, config);
  try {
    await editor.openFile('invoice.py');
    if (!config.brokenStart) await editor.seeStatus(config.ready ? /./ : WORKING);
    console.log(JSON.stringify(await journeys[config.journey](editor, browser)));
  } catch (error) {
    await editor.screenshot(picture('failed'));
    throw error;
  }
} finally {
  await browser.close();
}
