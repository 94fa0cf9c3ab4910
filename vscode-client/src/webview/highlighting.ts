/** Colours for code: the languages of grammars/, as far as highlight.js knows them. */

import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import elixir from 'highlight.js/lib/languages/elixir';
import go from 'highlight.js/lib/languages/go';
import haskell from 'highlight.js/lib/languages/haskell';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import lua from 'highlight.js/lib/languages/lua';
import markdown from 'highlight.js/lib/languages/markdown';
import objectivec from 'highlight.js/lib/languages/objectivec';
import php from 'highlight.js/lib/languages/php';
import python from 'highlight.js/lib/languages/python';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import scala from 'highlight.js/lib/languages/scala';
import sql from 'highlight.js/lib/languages/sql';
import swift from 'highlight.js/lib/languages/swift';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

const LANGUAGES = {
  bash, c, cpp, csharp, css, diff, elixir, go, haskell, ini, java, javascript, json, kotlin, lua,
  markdown, objectivec, php, python, ruby, rust, scala, sql, swift, typescript, xml, yaml,
};
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);
hljs.registerAliases(['objc'], { languageName: 'objectivec' });
hljs.registerAliases(['vue', 'svelte', 'astro'], { languageName: 'xml' });
hljs.configure({ throwUnescapedHTML: true });

/** Longer code, or code with such lines, stays plain: patterns of grammars are not all linear. */
export const MAX_CHARS = 30_000;
const MAX_LINE = 1_000;

/** Returns code as HTML in which all text is escaped, or null where it stays plain. */
export function highlighted(code: string, language: string): string | null {
  if (!language || code.length > MAX_CHARS || !hljs.getLanguage(language)) return null;
  if (code.split('\n').some((line) => line.length > MAX_LINE)) return null;
  return hljs.highlight(code, { language, ignoreIllegals: true }).value;
}
