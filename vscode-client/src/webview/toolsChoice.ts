/** Whether the model may use tools: a choice beside its name. */

import type { ChatToolUse } from '../toolProtocol.js';
import type { Conversation } from './conversation.js';
import { byId, make, setShown } from './dom.js';

const MEANING =
  'With tools the model looks things up in the project itself, proposes edits and runs tests; before tests are run you are asked. ' +
  'Without, code is found for it before it answers. Auto: with tools if it has shown that it chooses them well.';

export class ToolsChoice {
  private readonly select = byId('tools', 'select');
  private readonly help = byId('tools-help', 'span');
  private readonly options: Readonly<Record<ChatToolUse, HTMLOptionElement>> = {
    auto: make('option', { value: 'auto' }),
    on: make('option', { value: 'on' }, 'Tools: on'),
    off: make('option', { value: 'off' }, 'Tools: off'),
  };

  private shown: ChatToolUse = 'auto';

  constructor(choose: (tools: ChatToolUse) => void) {
    this.select.append(...Object.values(this.options));
    this.select.addEventListener('change', () => {
      const { value } = this.select;
      if (value === 'auto' || value === 'on' || value === 'off') choose(value);
    });
  }

  update({ model, tools, hasTools }: Conversation): void {
    // The index answers by itself: it has nothing to choose.
    setShown(this.select, model.tier !== 'index');
    this.options.auto.textContent = tools === 'auto' ? `Tools: auto (${hasTools ? 'on' : 'off'})` : 'Tools: auto';
    // Told again and again while an answer comes: a list that is open is left alone.
    if (tools !== this.shown) this.select.value = tools;
    this.shown = tools;
    const words = `${MEANING} The model that answers now is given ${hasTools ? 'tools' : 'none'}.`;
    this.select.title = words;
    this.help.textContent = words;
  }

  /** Shows what holds: what was chosen was not taken. */
  reset(): void {
    this.select.value = this.shown;
  }
}
