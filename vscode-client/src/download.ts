/** A download of a model: asked for, shown with a way to stop it, and told how it ended. */

import { randomUUID } from 'node:crypto';

import * as vscode from 'vscode';
import { WorkDoneProgress, type LanguageClient } from 'vscode-languageclient/node';

import { consent } from './modelList.js';
import { PULL_MODEL, type ModelOffersResult, type Offer, type Status } from './protocol.js';

const DOWNLOAD = 'Download';

/** Asks whether to, and downloads; undefined if the user does not want to, or stops it. */
export async function download(client: LanguageClient, offer: Offer, offered: ModelOffersResult): Promise<Status | undefined> {
  const { question, detail } = consent(offer, offered);
  const answer = await vscode.window.showInformationMessage(question, { modal: true, detail }, DOWNLOAD);
  if (answer !== DOWNLOAD) return undefined;
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `Downloading ${offer.title}`,
    cancellable: true,
  };
  return vscode.window.withProgress(options, (progress, stop) => pull(client, offer, offered.role, progress, stop));
}

async function pull(
  client: LanguageClient,
  { name, title }: Offer,
  role: string,
  progress: vscode.Progress<{ message?: string; increment?: number }>,
  stop: vscode.CancellationToken,
): Promise<Status | undefined> {
  const workDoneToken = randomUUID();
  let shown = 0;
  const heard = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
    if (value.kind !== 'report') return;
    const percentage = value.percentage ?? shown;
    progress.report({ ...(value.message && { message: value.message }), increment: percentage - shown });
    shown = percentage;
  });
  try {
    return await client.sendRequest(PULL_MODEL, { name, role, workDoneToken }, stop);
  } catch (error) {
    if (stop.isCancellationRequested) {
      vscode.window.setStatusBarMessage(`$(debug-stop) ${title} is not downloaded further; what came is kept for the next time.`, 10_000);
      return undefined;
    }
    if (client.isRunning()) throw error;
    throw new Error('The server stopped during the download. What came is kept: go on with “Ownstack: Choose a Model”.', { cause: error });
  } finally {
    heard.dispose();
  }
}
