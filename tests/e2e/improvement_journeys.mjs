// A suggestion that is replaced by a better one while it is read, or is not.

import { setTimeout as pause } from 'node:timers/promises';

export function improvementJourneys({ config, picture, daemon }) {
  /** Waits until the model is ready, and the built-in one beside it. */
  const bothReady = async (editor) => {
    await editor.seeStatus(new RegExp(`ready\\. ${config.ready}`));
    while (daemon().models.filter(({ roles }) => roles.includes('completion')).length < 2) await pause(200);
  };

  /** Types until the quick suggestion is shown, and watches what is from then on. */
  const begin = async (editor) => {
    await editor.openFile('servers.py');
    await bothReady(editor);
    await editor.type('server = ');
    await editor.seeGhost(config.quick);
    await editor.screenshot(picture('quick'));
    await editor.watchGhost();
  };

  /** Has the model answer, and waits until server and editor have had time for what it says. */
  const answer = async () => {
    await fetch(config.release);
    daemon();
  };

  return {
    async improved(editor) {
      await begin(editor);
      await answer();
      await editor.seeGhost(config.better);
      const ghosts = await editor.ghosts();
      await editor.screenshot(picture('better'));
      await editor.page.keyboard.press('Tab');
      await editor.seeGhost('');
      await editor.save();
      return { ghosts, notifications: await editor.notifications() };
    },

    async nothingAtFirst(editor) {
      await editor.openFile('servers.py');
      await bothReady(editor);
      await editor.type('server = ');
      await editor.watchGhost();
      daemon();
      await answer();
      await editor.seeGhost(config.better);
      const ghosts = await editor.ghosts();
      await editor.screenshot(picture('late'));
      await editor.page.keyboard.press('Tab');
      await editor.seeGhost('');
      await editor.save();
      return { ghosts };
    },

    async typedOnMeanwhile(editor) {
      await begin(editor);
      await editor.type(config.types);
      await editor.seeGhost(config.quick.slice(config.types.length));
      await answer();
      await editor.seeGhost(config.left);
      await editor.screenshot(picture('left'));
      const ghosts = await editor.ghosts();
      await editor.page.keyboard.press('Tab');
      await editor.seeGhost('');
      await editor.save();
      return { ghosts };
    },

    async dismissedMeanwhile(editor) {
      await begin(editor);
      await editor.page.keyboard.press('Escape');
      await editor.seeGhost('');
      await answer();
      await editor.screenshot(picture('dismissed'));
      return { ghosts: await editor.ghosts() };
    },
  };
}
