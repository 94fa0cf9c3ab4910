// With a model that is none of a test's: the chat, from the first question to the next day; and a key.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Conversation } from './conversation_journeys.mjs';

const LONG_MS = 900_000;
const LOADING_MS = 120_000;

export function realModelJourney({ config, picture, indexed }) {
  return {
    async completionRealModel(editor) {
      const seen = {};
      await editor.openFile('delivery.py');
      await editor.seeStatus(new RegExp(`ready\\. ${config.ready}`));
      await indexed(config.files);
      await editor.type(config.types.slice(0, -1));

      const rows = await editor.modelsFor('Completion');
      await rows.filter({ hasText: config.model }).first().click();
      await editor.seeStatus(/loading/, LOADING_MS);
      await editor.backToText();
      await editor.type(config.types.slice(-1));
      await editor.seeGhost(config.writes);
      seen.loading = await editor.seeStatus(/./);
      await editor.screenshot(picture('loading'));
      await editor.page.keyboard.press('Tab');
      await editor.seeGhost('');

      seen.ready = await editor.seeStatus(new RegExp(`ready\\. Model ${config.model}`), LOADING_MS);
      await editor.openFile('words.py');
      await editor.watchGhost();
      await editor.page.keyboard.press('Enter');
      seen.block = await editor.seeBlock(LOADING_MS);
      seen.ghosts = await editor.ghosts();
      await editor.screenshot(picture('block'));
      await editor.page.keyboard.press('Tab');
      await editor.seeGhost('');
      await editor.save();
      await editor.screenshot(picture('accepted'));
      await editor.command('Ownstack: Statistics of Suggestions');
      seen.statistics = await editor.seePanel('Ownstack statistics');
      return seen;
    },

    async chatRealModel(editor) {
      const { page } = editor;
      page.setDefaultTimeout(LONG_MS);
      await indexed(config.files);
      const chat = await new Conversation(editor).open();
      const seen = {};

      seen.answer = await chat.ask(config.questions[0]);
      seen.sources = await chat.page.locator('.sources a').allInnerTexts();
      await editor.screenshot(picture('answer'));
      await chat.page.locator('.sources a').first().press('Enter');
      await page.locator('.tab.active[data-resource-name$=".py"]').waitFor();
      await editor.screenshot(picture('source'));

      await chat.write(config.questions[1]);
      await chat.page.locator('.answer[aria-busy=true] .markdown:not(:empty)').waitFor();
      await chat.button('Stop').press('Enter');
      await chat.page.locator('.finish', { hasText: 'Stopped' }).waitFor();
      seen.stopped = await chat.answer.innerText();
      await editor.screenshot(picture('stopped'));

      await chat.ask(config.decision);
      await chat.button('Memory').press('Enter');
      await chat.button(/^Accept /).press('Enter');
      await chat.page.locator('#memory-entries li').waitFor();
      await editor.screenshot(picture('memory'));
      seen.memory = readFileSync(join(config.folder, '.ownstack/memory/decisions.md'), 'utf8');
      await page.keyboard.press('Escape');

      await chat.ask(config.questions[2]);
      await chat.page.locator('#meter').press('Enter');
      await chat.button('Sum Up Now').press('Enter');
      await chat.cards.waitFor();
      await page.keyboard.press('Escape');
      await chat.cards.locator('> summary').press('Enter');
      seen.card = await chat.cards.innerText();
      await editor.screenshot(picture('card'));
      await chat.button('Undo').press('Enter');
      await chat.cards.waitFor({ state: 'detached' });
      await editor.screenshot(picture('undone'));

      seen.code = await chat.ask(config.change);
      await editor.screenshot(picture('code'));
      const apply = chat.page.locator('.answer').last().getByRole('button', { name: 'Apply…', exact: true });
      if (await apply.count()) {
        await editor.openFile('orders.py');
        await apply.first().press('Enter');
        await Promise.race([
          page.locator('.tab.active', { hasText: 'proposed' }).waitFor(),
          chat.page.locator('.banner.notice').waitFor(),
        ]);
        await editor.screenshot(picture('diff'));
      }

      await editor.again(config);
      const resumed = await new Conversation(editor).open();
      editor.page.setDefaultTimeout(LONG_MS);
      seen.remembered = await resumed.ask(config.questions[3]);
      await editor.screenshot(picture('resumed'));
      return seen;
    },
  };
}
