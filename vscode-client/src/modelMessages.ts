/** What other extensions say to a model, as the server reads it: values in, values out. */

import type { ModelMessage, ModelTool } from './modelProtocol.js';

/** A message as the editor hands it over; of its parts each version has some more. */
export interface RequestMessage {
  role: number;
  content: readonly unknown[];
}

/** The editor's numbers of roles. */
const ROLES: Readonly<Record<number, ModelMessage['role']>> = { 1: 'user', 2: 'assistant', 3: 'system' };

interface Tool {
  name: string;
  description: string;
  inputSchema?: object | undefined;
}

/**
 * Returns the messages of a request. What tools said comes before what is said with it.
 *
 * Throws a sentence if a part can only be seen, not read.
 */
export function modelMessages(messages: readonly RequestMessage[]): ModelMessage[] {
  return messages.flatMap(({ role, content }) => {
    const said: ModelMessage = { role: ROLES[role] ?? 'user', text: '' };
    const results: ModelMessage[] = [];
    for (const part of content) {
      if (!isObject(part)) continue;
      const { callId, name, input } = part;
      if (typeof callId === 'string' && typeof name === 'string') {
        said.calls = [...(said.calls ?? []), { id: callId, name, arguments: JSON.stringify(input ?? {}) }];
      } else if (typeof callId === 'string') {
        results.push({ role: 'tool', text: textOf(part.content), call: callId });
      } else {
        said.text += textOf([part]);
      }
    }
    return said.text || said.calls ? [...results, said] : results;
  });
}

/** Returns what is counted of a text or a message. */
export function countedText(text: string | RequestMessage): string {
  if (typeof text === 'string') return text;
  return modelMessages([text])
    .map((message) => message.text + (message.calls ?? []).map((call) => call.name + call.arguments).join(''))
    .join('\n');
}

export function modelTools(tools: readonly Tool[] | undefined): ModelTool[] {
  return (tools ?? []).map(({ name, description, inputSchema }) => ({
    name,
    description,
    parameters: inputSchema ?? { type: 'object', properties: {} },
  }));
}

/** Returns the arguments of a call as an object, which is all that the editor takes. */
export function inputOf(json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function textOf(parts: unknown): string {
  if (!Array.isArray(parts)) return '';
  return parts
    .map((part: unknown) => {
      if (!isObject(part)) return '';
      if (typeof part.value === 'string') return part.value;
      // Marks of what may be kept in a cache come as data, too, and say nothing.
      if (/^(?:image|audio|video)\//.test(String(part.mimeType))) throw new Error('The model reads text only: leave pictures and sound out.');
      return '';
    })
    .join('');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
