// From nothing to ghost text: how far the installation says it is, and when what is there.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { Editor } from './editor.mjs';

const USABLE = /completing without a model|completing from your files|ready\. The built-in completer/;
const READY = /ready\. The built-in completer/;
const MOST_PICTURES = 16;
const LOOK_MS = 100;

/** Notes what the notifications and the status item say, each time it is something else. */
class Watch {
  said = [];
  #closed = false;

  constructor(editor, picture, name) {
    this.editor = editor;
    this.picture = picture;
    this.name = name;
    this.done = this.#look();
  }

  async #look() {
    let last = '';
    let pictures = 0;
    while (!this.#closed) {
      const now = await this.editor.page
        .evaluate(() => {
          const text = (element) => element.innerText.replaceAll('\u00a0', ' ').trim();
          const toasts = [...document.querySelectorAll('.notifications-toasts .notification-list-item')].map((toast) => ({
            message: text(toast.querySelector('.notification-list-item-message') ?? toast),
            buttons: [...toast.querySelectorAll('.monaco-button')].map(text),
          }));
          const item = document.querySelector('[id^="ownstack.ownstack"] [aria-label]');
          return { toasts, status: item?.getAttribute('aria-label') ?? '' };
        })
        .catch(() => null);
      if (now && JSON.stringify(now) !== last) {
        const toldBefore = last && JSON.stringify(JSON.parse(last).toasts);
        last = JSON.stringify(now);
        this.said.push({ at: Date.now(), ...now });
        if (now.toasts.length && JSON.stringify(now.toasts) !== toldBefore && pictures < MOST_PICTURES) {
          pictures += 1;
          await this.editor.page.screenshot({ path: this.picture(`${this.name}-${pictures}`) }).catch(() => undefined);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async end() {
    this.#closed = true;
    await this.done;
    return this.said;
  }
}

export function installJourneys({ config, START, GHOST }) {
  const picture = (name) => join(config.artifacts, `install-${config.variant}-${name}.png`);
  const patience = config.patienceMs ?? 180_000;

  /** Types until the built-in network goes on with it; returns when it did, and what “Why?” says. */
  async function ghostOfNetwork(editor, name) {
    await editor.openFile('delivery.py');
    const deadline = Date.now() + patience;
    for (;;) {
      await editor.page.keyboard.press('Control+A');
      await editor.page.keyboard.press('Delete');
      await editor.type(config.types);
      try {
        await editor.seeGhost(config.writes);
        break;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
    const at = Date.now();
    await editor.screenshot(picture(`${name}-ghost`));
    await editor.command('Ownstack: Why This Suggestion, or Why None?');
    const why = await editor.seePanel('Why this suggestion');
    await editor.screenshot(picture(`${name}-why`));
    await editor.page.keyboard.press('Escape');
    await editor.page.locator('iframe.webview.ready').waitFor({ state: 'detached' });
    return { at, why };
  }

  /** Waits for a message about the installation, and returns it with its buttons. */
  async function told(editor, words, name) {
    const toast = editor.page.locator('.notifications-toasts .notification-list-item', { hasText: new RegExp(words) }).first();
    await toast.waitFor({ timeout: patience });
    const message = await toast.locator('.notification-list-item-message').innerText();
    const buttons = await toast.locator('.monaco-button').allInnerTexts();
    await editor.screenshot(picture(name));
    return { at: Date.now(), message: message.replaceAll('\u00a0', ' '), buttons };
  }

  /** Waits until something holds, which no event tells of. */
  async function until(holds, what) {
    const deadline = Date.now() + patience;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error(`${what} did not come about`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  const known = () => JSON.parse(readFileSync(config.known, 'utf8'));

  async function walk(editor, browser, seen) {
    const second = config.twoWindows ? await Editor.open(browser, config) : null;
    if (config.expects) {
      seen.told = await told(editor, config.expects, 'told');
      seen.status = await editor.seeStatus(/./);
    }
    if (config.remedy) execFileSync(config.remedy[0], config.remedy.slice(1));
    if (config.press) await editor.press(config.press);
    if (config.endsThere) return;
    if (!READY.test(await editor.seeStatus(USABLE, patience))) {
      await editor.backToText();
      await editor.type(START);
      await editor.seeGhost(GHOST);
      seen.echo = Date.now();
      await editor.screenshot(picture('echo'));
    }
    if (config.endsWithEcho) return;
    await editor.seeStatus(READY, patience);
    seen.ready = Date.now();
    seen.network = await ghostOfNetwork(editor, 'first');
    if (second) {
      await second.seeStatus(READY, patience);
      seen.second = await ghostOfNetwork(second, 'second');
      await second.close();
    }
  }

  async function watched(editor, walking) {
    const seen = { window: Date.now() };
    const watch = new Watch(editor, picture, 'says');
    try {
      await walking(seen);
      return seen;
    } catch (error) {
      error.message += `\n${JSON.stringify((await watch.end()).slice(-5))}`;
      throw error;
    } finally {
      seen.said = await watch.end();
    }
  }

  return {
    fromNothing: (editor, browser) => watched(editor, (seen) => walk(editor, browser, seen)),

    /** Another version has been installed; nothing is made of it while a lock is held. */
    update: (editor) =>
      watched(editor, async (seen) => {
        const before = known().current;
        await editor.seeStatus(/updating\..* serves meanwhile\./, patience);
        seen.meanwhile = await ghostOfNetwork(editor, 'meanwhile');
        seen.current = known().current === before;
        rmSync(config.lock);
        seen.released = Date.now();
        if (config.expects) seen.told = await told(editor, config.expects, 'told');
        // Until it has served, the one before is kept.
        else await until(() => known().current !== before && known().previous === undefined, 'the new environment');
        seen.after = known();
        await editor.seeStatus(READY, patience);
        seen.network = await ghostOfNetwork(editor, 'updated');
      }),
  };
}
