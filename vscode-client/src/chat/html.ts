/** The page of the chat before anything is said: its parts, and what it may load. */

import { escaped } from '../page.js';

export interface Sources {
  /** What VS Code serves the files of the page from. */
  origin: string;
  script: string;
  style: string;
}

/** Returns the page's HTML; `nonce` is a fresh random text. Nothing but its two files is loaded. */
export function chatHtml({ origin, script, style }: Sources, nonce: string): string {
  const policy = `default-src 'none'; style-src ${origin}; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ownstack Chat</title>
<link rel="stylesheet" href="${escaped(style)}">
</head>
<body>
${BODY}
<script nonce="${escaped(nonce)}" src="${escaped(script)}"></script>
</body>
</html>`;
}

const BODY = `<h1 class="unseen">Ownstack Chat</h1>
<div id="top" role="toolbar" aria-label="Conversation">
<button type="button" id="title" title="Show all conversations" aria-haspopup="dialog">New conversation</button>
<button type="button" id="show-memory" title="Show what the project's memory holds, and what waits to be accepted" aria-haspopup="dialog">Memory</button>
<button type="button" id="new" title="Begin a new conversation">New</button>
</div>
<div id="sessions" role="dialog" aria-label="Conversations" hidden>
<div class="row"><input id="sessions-search" type="search" aria-label="Search conversations" placeholder="Search conversations" autocomplete="off" spellcheck="false">
<button type="button" id="sessions-close">Close</button></div>
<p id="sessions-state" role="status"></p>
<ul id="sessions-list" aria-label="Conversations"></ul>
</div>
<div id="memory" role="dialog" aria-label="Project memory" hidden>
<div class="row"><h2 class="grow">Project memory</h2><button type="button" id="memory-close" class="secondary">Close</button></div>
<p id="memory-state" role="status"></p>
<ul id="memory-inbox" aria-label="Proposals that wait"></ul>
<ul id="memory-entries" aria-label="What was accepted"></ul>
</div>
<main id="log" tabindex="0" aria-label="Conversation">
<button type="button" id="earlier" hidden>Show Earlier Turns</button>
<div id="welcome">
<h2>Ask about this project</h2>
<p>Answers come from your own machine and name the files they rest on. Write <kbd>@</kbd> to name a file, a folder, a symbol, the selection or the problems.</p>
<p><kbd>Enter</kbd> sends, <kbd>Shift</kbd>+<kbd>Enter</kbd> begins a new line.</p>
</div>
<div id="entries"></div>
</main>
<div id="jump"><button type="button" id="newest" hidden>Go to the Newest</button></div>
<div id="announcer" class="unseen" aria-live="polite" aria-atomic="true"></div>
<div id="alarm" class="unseen" aria-live="assertive" aria-atomic="true"></div>
<div id="bottom" role="region" aria-label="Your question">
<div id="banners" role="status" aria-label="What to know"></div>
<div id="doing" hidden><span id="doing-words" role="status"></span><progress id="doing-progress" aria-labelledby="doing-words"></progress></div>
<ul id="queue" aria-label="Questions that wait" hidden></ul>
<div id="editing" role="status" hidden></div>
<div id="approvals" role="group" aria-label="What the model asks you to allow" hidden></div>
<div id="box">
<textarea id="question" rows="2" role="combobox" aria-label="Your question" aria-autocomplete="list" aria-controls="mentions" aria-expanded="false" placeholder="Ask about this project, @ names files and symbols" spellcheck="false"></textarea>
<ul id="mentions" role="listbox" aria-label="What can be named" hidden></ul>
<div class="row"><div class="grow"><div id="chips" role="group" aria-label="What goes with the question" hidden></div></div><button type="button" id="stop" class="secondary" hidden>Stop</button><button type="button" id="send" class="primary">Send</button></div>
</div>
<div id="foot" class="row"><button type="button" id="who"></button><select id="tools" aria-label="Tools of the model" aria-describedby="tools-help"></select><span id="tools-help" class="unseen"></span><button type="button" id="meter" aria-expanded="false" aria-controls="context" hidden></button></div>
<div id="context" role="region" aria-label="What fills the model's window" tabindex="-1" hidden>
<div id="context-table"></div>
<ul id="pins" aria-label="Pinned texts" hidden></ul>
<div class="tools"><button type="button" id="compact" title="Make what is old shorter for the model; it can be undone">Sum Up Now</button><button type="button" id="clear" title="Have the model forget what was before; the log keeps it">Forget What Was Before</button></div>
</div>
</div>`;
