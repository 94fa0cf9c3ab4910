// The page of the chat in a browser, without an editor: its own policy, and a host that is scripted.
// Reads a JSON configuration on standard input, prints what was seen as JSON.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', '..', 'vscode-client');
const client = createRequire(join(folder, 'package.json'));
const { chromium } = client('playwright-core');
const { build } = client('esbuild');
const config = JSON.parse(readFileSync(0, 'utf8'));
const AXE = readFileSync(client.resolve('axe-core/axe.min.js'), 'utf8');
const ORIGIN = 'https://panel.example';

const THEMES = JSON.parse(readFileSync(join(import.meta.dirname, 'themes.json'), 'utf8'));

async function pageSource() {
  const { outputFiles } = await build({ entryPoints: [join(folder, 'src/chat/html.ts')], bundle: true, write: false, format: 'esm' });
  const { chatHtml } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
  return chatHtml({ origin: ORIGIN, script: `${ORIGIN}/chat.js`, style: `${ORIGIN}/chat.css` }, 'n0nce');
}

const html = await pageSource();
const browser = await chromium.launch({ executablePath: config.chromium, args: ['--no-sandbox', '--disable-gpu'] });

async function open(theme = 'light', size = { width: 420, height: 820 }) {
  const page = await browser.newPage({ viewport: size });
  page.setDefaultTimeout(15_000);
  const seen = { requests: [], problems: [] };
  await page.route('**', (route) => {
    const url = route.request().url();
    if (url === `${ORIGIN}/`) return route.fulfill({ body: html, contentType: 'text/html' });
    const name = /^https:\/\/panel\.example\/(chat\.(?:js|css))$/.exec(url)?.[1];
    if (name) return route.fulfill({ path: join(config.page, name) });
    seen.requests.push(url);
    return route.abort();
  });
  page.on('console', (message) => message.type() === 'error' && seen.problems.push(message.text()));
  page.on('pageerror', (error) => seen.problems.push(String(error)));
  page.on('dialog', (dialog) => { seen.problems.push(`dialog ${dialog.message()}`); void dialog.dismiss(); });
  await page.addInitScript((colours) => {
    let state;
    globalThis.asked = [];
    globalThis.acquireVsCodeApi = () => ({
      postMessage: (message) => globalThis.asked.push(message),
      getState: () => state,
      setState: (next) => { state = next; },
    });
    globalThis.tell = (message) => dispatchEvent(new MessageEvent('message', { data: message }));
    addEventListener('DOMContentLoaded', () => {
      for (const [name, value] of Object.entries(colours)) document.documentElement.style.setProperty(`--vscode-${name}`, value);
      document.documentElement.style.background = colours['sideBar-background'];
    });
  }, THEMES[theme]);
  await page.goto(`${ORIGIN}/`);
  const tell = (message) => page.evaluate((told) => globalThis.tell(told), message);
  const asked = (kind) => page.evaluate((wanted) => globalThis.asked.filter((message) => message.kind === wanted), kind);
  await tell({ kind: 'editor', attachable: { file: 'src/orders.py', startLine: 4, endLine: 9, problems: 2 } });
  return { page, tell, asked, seen };
}

const turn = (number, more) => ({
  turn: number, question: `q${number}`, text: 'How is it summed up?', at: 1_790_000_000, answer: '', reasoning: '', finish: 'stop',
  model: 'coder-1.5b', tier: 'model', leavesMachine: false, citations: [], steps: [], usage: null, problems: [], notes: [],
  replaced: 0, cut: false, ...more,
});
const state = (more) => ({
  session: { id: 's1', title: 'How is it summed up?', created: 1, updated: 1, turns: 1, parent: '', found: '' },
  folder: 'file:///shop', trusted: true, turns: [], earlier: false, compactions: [], pins: [], waiting: [], progress: null,
  model: { name: 'coder-1.5b', tier: 'model', state: 'ready', reason: '', engine: 'llama', leavesMachine: false, command: '' },
  context: { window: 8192, reserve: 1024, background: 5200, required: 6500, total: 3310, segments: { system: 210, tools: 0, rules: 300, checkpoint: 640, history: 1400, newest: 760 }, exact: true },
  problems: [], approvals: [], edits: [], checkpoints: [], tools: 'auto', hasTools: true, ...more,
});

async function violations(page) {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html: where, failureSummary }) => `${where.slice(0, 160)} ${failureSummary}`).join(' | ')}`);
}

const journeys = {
  /** Everything that the page can show at once, in each theme. */
  async themes() {
    const found = {};
    for (const theme of Object.keys(THEMES)) {
      const { page, tell, seen } = await open(theme);
      await tell({ kind: 'state', state: state(config.state) });
      await page.locator('.answer[aria-busy=false]').first().waitFor();
      await tell({ kind: 'changes', session: 's1', changes: config.changes });
      await page.locator('.diff').first().waitFor();
      await page.screenshot({ path: join(config.artifacts, `chatPage-${theme}.png`) });
      await page.locator('.edits').first().scrollIntoViewIfNeeded();
      await page.screenshot({ path: join(config.artifacts, `chatPage-${theme}-edits.png`) });
      await page.locator('#log').evaluate((log) => { log.scrollTop = 0; });
      await page.locator('.steps summary').first().click();
      await page.locator('.card summary').first().click();
      await page.screenshot({ path: join(config.artifacts, `chatPage-${theme}-card.png`) });
      await page.locator('#meter').click();
      await page.locator('#question').fill('What is @src/or');
      await tell({ kind: 'mentions', number: 1, reason: '', mentions: config.mentions });
      await page.screenshot({ path: join(config.artifacts, `chatPage-${theme}-mentions.png`) });
      await page.locator('#title').click();
      await tell({ kind: 'sessions', query: '', sessions: config.sessions, reason: '' });
      await page.locator('#sessions-list li').first().waitFor();
      await page.screenshot({ path: join(config.artifacts, `chatPage-${theme}-sessions.png`) });
      found[theme] = [...(await violations(page)), ...seen.problems, ...seen.requests];
      await page.close();
    }
    return found;
  },

  /** What wants to do harm is streamed and shown whole: nothing runs, nothing is fetched. */
  async injections() {
    const { page, tell, asked, seen } = await open();
    await tell({ kind: 'state', state: state({}) });
    let number = 0;
    for (const text of config.injections) {
      number += 1;
      const question = `q${number}`;
      await tell({ kind: 'turn', changed: { session: 's1', context: null, turn: turn(number, { text, finish: '' }) } });
      for (let at = 0; at < text.length; at += 5) {
        await tell({ kind: 'deltas', deltas: [{ session: 's1', question, turn: number, offset: at, text: text.slice(at, at + 5), reasoning: false }] });
      }
      const hostile = { text, answer: text, model: text, problems: [text], notes: [text], reasoning: text };
      const steps = [{ call: '1', name: text, arguments: text, text, ok: false }, { call: '2', name: 'read', arguments: JSON.stringify({ path: text }), text, ok: true }];
      const citations = [{ uri: text, path: text, startLine: 1, endLine: 1, name: text, kind: 'cited', cell: null }];
      await tell({ kind: 'turn', changed: { session: 's1', context: null, turn: turn(number, { ...hostile, steps, citations }) } });
    }
    // Nor where it is the text of a change, of a path, or of what asks for leave.
    const edit = (text, turnNumber, more) => ({ id: `e${turnNumber}${more.state}`, turn: turnNumber, title: text, uri: text, path: text, isNew: false, added: 1, removed: 1, reason: text, checkpoint: '', ...more });
    const edits = config.injections.flatMap((text, index) => ['pending', 'refused'].map((kind) => edit(text, index + 1, { state: kind })));
    const checkpoints = config.injections.map((text, index) => ({ id: `c${index}`, turn: index + 1, at: 1, paths: [text], restored: index % 2 === 0 }));
    await tell({ kind: 'edits', changed: { session: 's1', edits, checkpoints } });
    const changes = config.injections.map((text, index) => ({ edit: `e${index + 1}pending`, reason: text, hunks: [0, 1].map((at) => ({ index: at, startLine: at + 1, before: text, after: text })) }));
    await tell({ kind: 'changes', session: 's1', changes });
    await tell({ kind: 'outcome', session: 's1', outcome: { about: ['e1pending', 'c1'], text: config.injections.join(' '), refused: true } });
    await tell({ kind: 'approvals', changed: { session: 's1', approvals: config.injections.map((text, index) => ({ id: text, turn: index, title: text, detail: text, canBeAlways: true })) } });
    await page.locator('.turn').last().waitFor();
    const cards = { edits: await page.locator('.edits').count(), hunks: await page.locator('.hunk').count(), approvals: await page.locator('.approval').count() };
    const links = await page.locator('.markdown a').evaluateAll((all) => all.map(({ href }) => new URL(href).protocol));
    const forbidden = await page.locator('body :is(img, svg, iframe, form, style, object, embed, #entries script, #bottom script)').count();
    const harmed = await page.evaluate(() => globalThis.harmed ?? null);
    const commands = await asked('command');
    return { turns: await page.locator('.turn').count(), cards, links: [...new Set(links)], forbidden, harmed, commands, ...seen };
  },

  /** Frames while an answer streams at so many tokens a second, and the longest gap between two. */
  async frames() {
    const { page, tell, seen } = await open('dark');
    await tell({ kind: 'state', state: state({ turns: config.before }) });
    await tell({ kind: 'turn', changed: { session: 's1', context: null, turn: turn(99, { finish: '' }) } });
    const result = await page.evaluate(async ({ text, perS }) => {
      let times = [];
      let running = true;
      const frame = (now) => { times.push(now); if (running) requestAnimationFrame(frame); };
      requestAnimationFrame(frame);
      // What this machine has when nothing streams.
      await new Promise((resolve) => { setTimeout(resolve, 2_000); });
      const idlePerS = times.length / 2;
      times = [];
      const began = performance.now();
      const tokens = text.match(/.{1,4}/gs);
      let at = 0;
      let sent = 0;
      await new Promise((resolve) => {
        // As the server sends: what came in 33 ms, together.
        const timer = setInterval(() => {
          const due = Math.min(tokens.length, Math.floor(((performance.now() - began) / 1000) * perS));
          const piece = tokens.slice(at, due).join('');
          if (piece) globalThis.tell({ kind: 'deltas', deltas: [{ session: 's1', question: 'q99', turn: 99, offset: sent, text: piece, reasoning: false }] });
          at = due;
          sent += piece.length;
          if (at === tokens.length) { clearInterval(timer); resolve(); }
        }, 33);
      });
      running = false;
      const gaps = times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b);
      const seconds = (performance.now() - began) / 1000;
      return { idlePerS, seconds, tokens: tokens.length, frames: times.length, perS: times.length / seconds, p99: gaps[Math.floor(gaps.length * 0.99)], longest: gaps.at(-1) };
    }, { text: config.text, perS: config.perS });
    return { ...result, shown: (await page.locator('.turn').last().locator('.markdown').innerText()).length, ...seen };
  },

  /** A page of a long conversation: how long it takes until it can be read. */
  async long() {
    const { page, tell, seen } = await open();
    const began = Date.now();
    await tell({ kind: 'state', state: state({ turns: config.turns, earlier: true }) });
    await page.locator('.turn').last().waitFor();
    const ms = Date.now() - began;
    return { ms, turns: await page.locator('.turn').count(), ...seen };
  },

  /** Only keys: write, mention, send, stop, walk through the answer, leave. */
  async keys() {
    const { page, tell, asked, seen } = await open();
    await tell({ kind: 'state', state: state({}) });
    await page.locator('#question').focus();
    await page.keyboard.type('see @or');
    await tell({ kind: 'mentions', number: (await asked('mentions')).at(-1).number, reason: '', mentions: config.mentions });
    const option = () => page.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.innerText ?? '');
    const first = await option();
    await page.keyboard.press('ArrowDown');
    const second = await option();
    await page.keyboard.press('Enter');
    const text = await page.locator('#question').inputValue();
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('please');
    await page.keyboard.press('Enter');
    const sent = await asked('ask');
    // What is on its way has no text until the frame in which it is first laid out (content-visibility).
    const sign = await (await page.waitForFunction(() => document.querySelector('.turn.sent')?.innerText)).jsonValue();
    await tell({ kind: 'progress', progress: { session: 's1', question: sent[0].question, turn: 0, phase: 'reading', done: 1204, total: 3310, leftMs: 8200 } });
    const doing = await page.locator('#doing-words').innerText();
    // What is written whole needs no choice: Enter sends, also while the list is open.
    await page.keyboard.type('and @src/orders.py');
    await tell({ kind: 'mentions', number: (await asked('mentions')).at(-1).number, reason: '', mentions: config.mentions });
    await page.keyboard.press('Enter');
    const written = (await asked('ask')).at(-1).text;
    await page.locator('#stop').focus();
    await page.keyboard.press('Enter');
    const stops = await asked('stop');
    await tell({ kind: 'turn', changed: { session: 's1', context: null, turn: turn(1, { question: sent[0].question, text: sent[0].text, answer: 'A **bold** word\n\n```py\nx = 1\n```', finish: 'cancelled' }) } });
    await page.locator('#log').focus();
    const walked = [];
    for (let count = 0; count < 40; count += 1) {
      await page.keyboard.press('Tab');
      walked.push(await page.evaluate(() => document.activeElement.getAttribute('aria-label') || document.activeElement.textContent || document.activeElement.id));
    }
    const announced = await page.locator('#announcer').innerText();
    const tree = await page.locator('body').ariaSnapshot();
    return { first, second, text, sent, written, sign, doing, stops, walked, announced, tree, ...seen };
  },

  /** Tools run, one asks for leave while somebody types, and is answered by keys. */
  async leave() {
    const { page, tell, asked, seen } = await open();
    await tell({ kind: 'state', state: state({ turns: [turn(1, { finish: '' })], progress: { session: 's1', question: 'q1', turn: 1, phase: 'looking', done: 0, total: 0, leftMs: null } }) });
    const steps = (...all) => tell({ kind: 'steps', changed: { session: 's1', question: 'q1', turn: 1, steps: all } });
    const lines = () => page.locator('.steps summary').allInnerTexts();
    const step = (name, given, text = '', ok = true) => ({ call: name, name, arguments: JSON.stringify(given), text, ok });
    await steps(step('search', { query: 'total' }));
    const running = await lines();
    const doing = await page.locator('#doing-words').innerText();
    await page.locator('.steps summary').first().click();
    const found = step('search', { query: 'total' }, 'orders.py:1-4');
    await steps(found, step('run_tests', {}));
    const open_ = await page.locator('.steps details').first().evaluate((details) => details.open);
    await page.locator('#question').focus();
    await page.keyboard.type('and th');
    await tell({ kind: 'approvals', changed: { session: 's1', approvals: config.approvals } });
    await page.keyboard.type('en');
    const typed = await page.locator('#question').inputValue();
    const alarm = await page.locator('#alarm').innerText();
    const detail = await page.locator('.approval pre').innerText();
    const buttons = await page.locator('.approval button').allInnerTexts();
    await page.screenshot({ path: join(config.artifacts, 'chatPage-leave.png') });
    const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.id);
    const walked = [];
    for (let count = 0; count < buttons.length; count += 1) {
      await page.keyboard.press('Shift+Tab');
      walked.push(await focused());
    }
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    const answers = await asked('answer');
    await tell({ kind: 'approvals', changed: { session: 's1', approvals: [] } });
    const after = await focused();
    await steps(found, step('run_tests', {}, 'pytest -q\nIt ended with 1.\n3 failed, 2 passed in 0.1s', false));
    const done = await lines();
    return { running, doing, open: open_, typed, alarm, detail, buttons, walked, answers, after, left: await page.locator('.approval').count(), done, ...seen };
  },

  /** Proposed edits: looked at, applied but for one hunk, given back, by keys. */
  async edits() {
    const { page, tell, asked, seen } = await open();
    await tell({ kind: 'state', state: state({ turns: [turn(1), turn(2)], edits: config.edits }) });
    const wanted = await asked('changes');
    await tell({ kind: 'changes', session: 's1', changes: config.changes });
    await page.locator('.hunk').first().waitFor();
    const card = page.locator('.edits');
    const head = await card.locator('h3').innerText();
    const apply = card.locator('.tools button.primary');
    const labels = [await apply.innerText()];
    const press = async (locator) => { await locator.focus(); await page.keyboard.press('Space'); };
    await press(card.getByRole('checkbox', { name: 'lines 9' }));
    labels.push(await apply.innerText());
    const mixed = await card.getByRole('checkbox', { name: 'the changes of src/orders.py' }).evaluate((box) => box.indeterminate);
    await page.screenshot({ path: join(config.artifacts, 'chatPage-edits.png') });
    await press(card.getByRole('button', { name: 'Review' }));
    await press(card.getByRole('button', { name: 'Check Again: src/locked.py' }));
    await press(apply);
    const applied = await asked('apply');
    const edits = config.edits.map((edit) => (applied[0].edits.includes(edit.id) ? { ...edit, state: 'applied', checkpoint: 'c1' } : edit));
    const checkpoint = { id: 'c1', turn: 2, at: 1_790_000_000, paths: ['src/orders.py', 'src/new.py'], restored: false };
    await tell({ kind: 'edits', changed: { session: 's1', edits, checkpoints: [checkpoint] } });
    await tell({ kind: 'outcome', session: 's1', outcome: { about: applied[0].edits, text: 'Applied.', refused: false } });
    const stays = await page.evaluate(() => document.activeElement.closest('.edits') !== null);
    const past = await card.locator('.past').innerText();
    await press(card.getByRole('button', { name: 'Restore Checkpoint' }));
    await tell({ kind: 'outcome', session: 's1', outcome: { about: ['c1'], text: 'src/orders.py was changed since.', refused: true } });
    const said = await card.locator('.said').innerText();
    await page.screenshot({ path: join(config.artifacts, 'chatPage-restore.png') });
    await press(card.getByRole('button', { name: 'Restore Anyway' }));
    const restored = await asked('restoreCheckpoint');
    await tell({ kind: 'edits', changed: { session: 's1', edits, checkpoints: [{ ...checkpoint, restored: true }] } });
    await tell({ kind: 'outcome', session: 's1', outcome: { about: ['c1'], text: 'Given back.', refused: false } });
    await press(card.getByRole('button', { name: 'Don’t' }));
    const end = await card.innerText();
    await page.locator('#tools').selectOption('off');
    const others = { wanted, refused: await asked('refuse'), reviews: await asked('review'), refreshes: await asked('refresh'), tools: await asked('setTools') };
    return { head, labels, mixed, applied, stays, past, said, restored, end, ...others, violations: await violations(page), ...seen };
  },
};

try {
  console.log(JSON.stringify(await journeys[config.journey]()));
} finally {
  await browser.close();
}
