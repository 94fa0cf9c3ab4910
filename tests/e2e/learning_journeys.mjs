// Journeys about what was learned: naming it, taking it back, looking at it.

export function learningJourneys({ picture, START, GHOST }) {
  const LEARNED = /ready\. The built-in completer is ready.*Learned, used for completion: mine \(from shop\)/;

  return {
    async learned(editor) {
      const { page } = editor;
      const status = await editor.seeStatus(LEARNED, 120_000);
      await editor.backToText();
      await editor.type(START);
      await editor.seeGhost(GHOST);
      await editor.command('Ownstack: Why This Suggestion, or Why None?');
      const why = await editor.seePanel(/Why this suggestion/);
      await editor.screenshot(picture('why'));
      const menu = await (await editor.menu()).allInnerTexts();
      await editor.screenshot(picture('menu'));
      await page.keyboard.press('Escape');
      await editor.command('Ownstack: What Was Learned');
      const rows = page.locator('.quick-input-list .monaco-list-row');
      await rows.filter({ hasText: 'in use' }).first().waitFor();
      const listed = await rows.allInnerTexts();
      const labels = await rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-label')));
      await editor.screenshot(picture('list'));
      await rows.filter({ hasText: 'in use' }).first().click();
      await rows.filter({ hasText: 'Go Back' }).waitFor();
      await editor.screenshot(picture('deeds'));
      await rows.filter({ hasText: 'Open Its Report' }).click();
      await page.locator('.tab', { hasText: 'What mine learned' }).waitFor();
      const report = editor.panel().locator('body', { hasText: 'are right instead of' });
      await report.waitFor();
      const read = await report.innerText();
      await editor.screenshot(picture('report'));
      await editor.command('Ownstack: What Was Learned');
      await rows.filter({ hasText: 'in use' }).first().click();
      await rows.filter({ hasText: 'Go Back' }).click();
      const after = await editor.seeStatus(/ready\. The built-in completer is ready\.((?!Learned).)*$/);
      await editor.screenshot(picture('after'));
      const notifications = await editor.notifications();
      return { status, why, menu, listed, labels, report: read, after, notifications };
    },
  };
}
