/** Makes one tree of nodes like another, and touches only what differs: no flicker, no lost selection. */

/** Makes the children of `target` like those of `wanted`, whose nodes may be taken. */
export function patch(target: ParentNode & Node, wanted: ParentNode & Node): void {
  let old = target.firstChild;
  let fresh = wanted.firstChild;
  while (fresh) {
    const next = fresh.nextSibling;
    if (!old) {
      target.append(fresh);
    } else {
      const after: ChildNode | null = old.nextSibling;
      if (!merged(old, fresh)) old.replaceWith(fresh);
      old = after;
    }
    fresh = next;
  }
  while (old) {
    const after: ChildNode | null = old.nextSibling;
    old.remove();
    old = after;
  }
}

function merged(old: ChildNode, fresh: ChildNode): boolean {
  if (old.nodeName !== fresh.nodeName) return false;
  if (old instanceof Text && fresh instanceof Text) {
    // What is appended leaves a selection where it is.
    if (fresh.data.startsWith(old.data)) old.appendData(fresh.data.slice(old.data.length));
    else old.data = fresh.data;
    return true;
  }
  if (!(old instanceof Element) || !(fresh instanceof Element)) return false;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  patch(old, fresh);
  return true;
}
