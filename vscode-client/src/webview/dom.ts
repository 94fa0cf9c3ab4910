/** Elements of the page, made without markup: text stays text. */

type Property = string | number | boolean | null;

/** Makes an element. A property of null or false is left out; of true it has no value. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Readonly<Record<string, Property>> = {},
  ...children: (Node | string | null)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Makes a button that says what it does; `label` is for those who do not see where it stands. */
export function button(text: string, run: () => void, properties: Readonly<Record<string, Property>> = {}): HTMLButtonElement {
  const made = make('button', { type: 'button', ...properties }, text);
  made.addEventListener('click', run);
  return made;
}

/** Shows or hides, and tells screen readers. */
export function setShown(element: HTMLElement, shown: boolean): void {
  element.hidden = !shown;
}

/** Returns the element of the page with this id. */
export function byId<K extends keyof HTMLElementTagNameMap>(id: string, tag: K): HTMLElementTagNameMap[K] {
  const found = document.querySelector<HTMLElementTagNameMap[K]>(`${tag}#${id}`);
  if (!found) throw new Error(`The page has no ${tag} #${id}.`);
  return found;
}
