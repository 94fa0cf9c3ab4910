/** Choosing a model for a role: what is here, what could be downloaded, other programs' and servers'. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

import { download } from './download.js';
import { modelGroups, roleChoices, roleWord, servedRows, type Action, type ModelChoice, type Role } from './modelList.js';
import { line, pickFrom } from './picking.js';
import { MODEL_OFFERS, MODELS, SERVER_MODELS, STATUS, USE_MODEL, type ModelOffersResult, type ServerEntry, type Status } from './protocol.js';
import type { Server } from './server.js';
import { text } from './settings.js';
import type { StatusItem } from './status.js';
import { tell } from './telling.js';
import { buttonsFor, forEditor } from './wording.js';

const TOLD_MS = 10_000;

/** A window that chooses, and for what. */
interface Choosing {
  client: LanguageClient;
  status: StatusItem;
  role: Role;
}

/** Asks for a role, unless it is known, and a model for it, and uses that in all windows. */
export async function pickModel(server: Server, status: StatusItem, role?: Role): Promise<void> {
  const client = server.client;
  if (!client) {
    await tell('warning', status.sentence, buttonsFor(status.sentence));
    return;
  }
  try {
    if (role && (await pickFor({ client, status, role }, await client.sendRequest(STATUS, {}))) !== 'back') return;
    while ((await pickRole(client, status)) === 'back');
  } catch (error) {
    const reason = forEditor((error as Error).message);
    await tell('error', reason, buttonsFor(reason));
  }
}

async function pickRole(client: LanguageClient, status: StatusItem): Promise<'back' | undefined> {
  const now = client.sendRequest(STATUS, {});
  const list = { title: 'Choose a Model (1/2): What For?', placeholder: 'What the model is to do', waiting: 'Looking…', back: false };
  const picked = await pickFrom(list, now.then(({ roles }) => roleChoices(roles)));
  if (!picked || picked === 'back') return undefined;
  return pickFor({ client, status, role: picked.role }, await now);
}

async function pickFor(choosing: Choosing, { roles }: Status): Promise<'back' | undefined> {
  const { client, role } = choosing;
  const offered = client.sendRequest(MODEL_OFFERS, { role });
  const inUse = roles.find((status) => status.role === role)?.model ?? '';
  const rows = Promise.all([client.sendRequest(MODELS, {}), offered]).then(([models, offers]) =>
    modelGroups(inUse, models, offers).flatMap((group) => [line(group.title) as ModelChoice, ...group.rows]),
  );
  const picked = await pickFrom(
    {
      title: `Choose a Model (2/2): For ${roleWord(role)}, in All Windows`,
      placeholder: 'Nothing is downloaded before you have agreed to it',
      waiting: 'Looking at the models that are here, and at what fits this machine…',
      back: true,
    },
    rows,
  );
  if (!picked || picked === 'back') return picked;
  await act(choosing, picked.action, await offered);
  return undefined;
}

async function act(choosing: Choosing, action: Action, offered: ModelOffersResult): Promise<void> {
  switch (action.does) {
    case 'explain':
      await tell('warning', action.reason, buttonsFor(action.reason));
      break;
    case 'use':
      await use(choosing, action.name);
      break;
    case 'addFile': {
      const path = await askForFile();
      if (path) await use(choosing, path);
      break;
    }
    case 'ask':
      await pickServed(choosing, action.server, offered);
      break;
    case 'download': {
      const now = await download(choosing.client, action.offer, offered);
      if (!now) break;
      vscode.window.setStatusBarMessage(`$(check) ${action.offer.title} is here, and used for ${roleWord(choosing.role)}.`, TOLD_MS);
      await used(choosing, now);
    }
  }
}

/** Asks a server that the user chose for its models, and the user for one of them. */
async function pickServed(choosing: Choosing, { name, host }: ServerEntry, offered: ModelOffersResult): Promise<void> {
  const { client, role } = choosing;
  const rows = client.sendRequest(SERVER_MODELS, { engine: name }).then(({ models }) => {
    if (!models.length) throw new Error(`${name} lists no models.`);
    return servedRows(models, role);
  });
  const picked = await pickFrom(
    { title: `Models of ${name}: For ${roleWord(role)}`, placeholder: host, waiting: `Asking ${host}…`, back: false },
    rows,
  );
  if (picked && picked !== 'back') await act(choosing, picked.action, offered);
}

async function use(choosing: Choosing, name: string): Promise<void> {
  const { client, role } = choosing;
  const options = { location: vscode.ProgressLocation.Window, title: `Choosing a model for ${roleWord(role)}` };
  const choose = (): Promise<Status> => client.sendRequest(USE_MODEL, { name, role });
  await used(choosing, await vscode.window.withProgress(options, choose));
}

/** Shows the new status, and says what the choice does not change at once. */
async function used({ status, role }: Choosing, now: Status): Promise<void> {
  status.show(now);
  const setting = text(vscode.workspace.getConfiguration('ownstack'), `models.${role}`);
  if (setting) {
    const said = `The setting ownstack.models.${role} names “${setting}” and wins in this window. Empty it for the choice to count.`;
    await tell('warning', said, buttonsFor(said));
  } else if (status.lacking?.kind === 'compiling') {
    await tell('info', 'The model is chosen. It can run when llama.cpp is compiled; you will be told.', []);
  } else if (status.lacking?.kind === 'failed') {
    const { reason } = status.lacking;
    await tell('warning', `The model is chosen, but cannot run yet. ${reason}`, buttonsFor(reason));
  }
}

async function askForFile(): Promise<string | undefined> {
  const files = await vscode.window.showOpenDialog({
    title: 'A model in GGUF format',
    openLabel: 'Use This Model',
    filters: { 'GGUF models': ['gguf'] },
  });
  return files?.[0]?.fsPath;
}
