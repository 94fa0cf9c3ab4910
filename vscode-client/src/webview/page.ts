/** What surrounds a conversation on the page: its title, what is done now, who answers, the meter. */

import type { Asked, PageCommand } from '../chat/messages.js';
import type { ChatPin } from '../chatProtocol.js';
import { isBusy, type Conversation } from './conversation.js';
import { button, byId, make, setShown } from './dom.js';
import { phaseWords } from './figures.js';
import { bar, meterWords, percent, table } from './meter.js';
import { ToolsChoice } from './toolsChoice.js';
import { visible, visibleLine } from './visible.js';

const COMMANDS: Readonly<Record<PageCommand, string>> = {
  pickModel: 'Choose a Model…',
  trust: 'Manage Trust',
  restart: 'Restart',
  showLog: 'Show Log',
};

export class Surroundings {
  private readonly title = byId('title', 'button');
  private readonly banners = byId('banners', 'div');
  private readonly welcome = byId('welcome', 'div');
  private readonly doing = byId('doing', 'div');
  private readonly words = byId('doing-words', 'span');
  private readonly progress = byId('doing-progress', 'progress');
  private readonly who = byId('who', 'button');
  private readonly tools = new ToolsChoice((tools) => { this.ask({ kind: 'setTools', tools }); });
  private readonly meter = byId('meter', 'button');
  private readonly context = byId('context', 'div');
  private readonly pins = byId('pins', 'ul');
  private down = '';
  private noticed = '';
  private shown = '';

  constructor(private readonly ask: (asked: Asked) => void) {
    this.who.addEventListener('click', () => { ask({ kind: 'command', name: 'pickModel' }); });
    this.meter.addEventListener('click', () => { this.open(this.context.hasAttribute('hidden')); });
    this.context.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      this.open(false);
      this.meter.focus();
    });
  }

  /** Says that the server does not answer, and why; "" when it does. */
  tellDown(reason: string, now: Conversation | null): void {
    this.down = reason;
    this.showBanners(now);
  }

  /** Says what came of the newest thing that was asked for; "" when the next one is. */
  notice(text: string, now: Conversation | null): void {
    this.noticed = text;
    this.tools.reset();
    this.showBanners(now);
  }

  update(now: Conversation): void {
    const first = now.earlier ? '' : ([...now.turns, ...now.sent][0]?.text ?? '');
    this.title.textContent = visibleLine(now.session.title || first, 120) || 'New conversation';
    setShown(this.welcome, now.turns.length === 0 && now.sent.length === 0);
    this.showBanners(now);
    this.showDoing(now);
    this.showModel(now);
    this.tools.update(now);
    this.showMeter(now);
  }

  private showBanners(now: Conversation | null): void {
    const made: HTMLElement[] = [];
    if (this.down) made.push(this.banner('error', this.down, ['restart', 'showLog']));
    const problems = [...(now?.problems ?? [])];
    if (now && !now.trusted) {
      // The first of them says what follows from that.
      made.push(this.banner('warning', `Restricted mode. ${visibleLine(problems.shift() ?? '', 400)} Nothing is applied.`, ['trust']));
    }
    if (now?.model.tier === 'index') {
      // That none was chosen is no news beside the button.
      const why = now.model.reason && now.model.state !== 'none' ? ` ${visibleLine(now.model.reason, 400)}` : '';
      made.push(this.banner('info', `There is no chat model: questions are answered with the code that the index finds.${why}`, ['pickModel']));
    } else if (now?.model.state === 'error') {
      made.push(this.banner('error', visibleLine(now.model.reason, 600), ['pickModel', 'showLog']));
    }
    for (const text of problems) made.push(this.banner('info', visibleLine(text, 600), []));
    if (this.noticed) made.push(this.dismissible(this.noticed, now));
    const key = made.map(({ textContent }) => textContent).join('\n');
    // Built anew only if it says something else: the keyboard may be in it.
    if (key === this.shown) return;
    this.shown = key;
    this.banners.replaceChildren(...made);
  }

  private banner(level: string, text: string, commands: readonly PageCommand[]): HTMLElement {
    const buttons = commands.map((name) => button(COMMANDS[name], () => { this.ask({ kind: 'command', name }); }));
    return make('div', { class: `banner ${level}` }, make('p', {}, text), make('div', { class: 'tools' }, ...buttons));
  }

  private dismissible(text: string, now: Conversation | null): HTMLElement {
    const made = this.banner('warning', visibleLine(text, 600), []);
    made.classList.add('notice');
    made.append(button('Dismiss', () => {
      this.notice('', now);
      byId('question', 'textarea').focus();
    }));
    return made;
  }

  private showDoing(now: Conversation): void {
    const busy = isBusy(now);
    setShown(this.doing, busy);
    const words = now.approvals.length ? 'Waiting for your answer' : now.progress ? phaseWords(now.progress) : 'Sent';
    if (this.words.textContent !== words) this.words.textContent = words;
    const { done = 0, total = 0 } = now.progress ?? {};
    if (total > 0) {
      this.progress.max = total;
      this.progress.value = Math.min(done, total);
    } else {
      this.progress.removeAttribute('value');
    }
    // A bar that runs without end says less than none while letters appear.
    setShown(this.progress, now.progress?.phase !== 'writing');
  }

  private showModel({ model }: Conversation): void {
    const name = visibleLine(model.name, 60);
    const where = model.leavesMachine ? 'sent to another machine' : 'on this machine';
    const state = model.state === 'loading' ? ', loading' : model.state === 'error' ? ', does not work' : '';
    this.who.textContent = model.tier === 'index' ? 'Index, no model' : `${name}, ${where}${state}`;
    this.who.classList.toggle('left', model.leavesMachine);
    this.who.title = [visibleLine(model.reason, 400), 'Choose a model'].filter(Boolean).join('\n');
  }

  private showMeter({ context, pins }: Conversation): void {
    setShown(this.meter, context !== null);
    if (!context) {
      this.open(false);
      return;
    }
    const words = meterWords(context);
    this.meter.replaceChildren(bar(context), make('span', {}, `${percent(context)} %`));
    this.meter.title = `The model's window: ${words}`;
    this.meter.setAttribute('aria-label', this.meter.title);
    byId('context-table', 'div').replaceChildren(table(context));
    setShown(this.pins, pins.length > 0);
    this.pins.replaceChildren(...pins.map((pin) => this.pin(pin)));
  }

  private pin({ event, text }: ChatPin): HTMLElement {
    const words = visibleLine(text, 80);
    const remove = button('Unpin', () => { this.ask({ kind: 'unpin', event }); }, { 'aria-label': `Unpin: ${words}` });
    return make('li', {}, make('details', {}, make('summary', {}, `Pinned: ${words}`), make('div', { class: 'summary' }, visible(text))), remove);
  }

  private open(shown: boolean): void {
    setShown(this.context, shown);
    this.meter.setAttribute('aria-expanded', String(shown));
    if (shown) byId('context', 'div').focus();
  }
}
