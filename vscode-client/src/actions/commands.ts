/** Commands of code actions. */

import type { Actions } from './actions.js';
import { told } from './running.js';

/** Returns the commands by their names. What cannot be done is said in a message. */
export function actionCommands(actions: Actions): Record<string, (given?: unknown) => unknown> {
  const { inline, reviews, messages } = actions;
  return {
    explainCode: told(() => actions.explainSelection()),
    inlineEdit: told((given) => inline.start(given)),
    stopEdit: told(() => inline.stop()),
    acceptHunk: told((given) => inline.decideOne('accept', given)),
    rejectHunk: told((given) => inline.decideOne('reject', given)),
    acceptAllHunks: told((given) => inline.decideAll('accept', given)),
    rejectAllHunks: told((given) => inline.decideAll('reject', given)),
    review: told(() => reviews.review()),
    reviewChanges: told(() => reviews.reviewChanges()),
    clearReview: told(() => reviews.clear()),
    commitMessage: told((given) => messages.write(given)),
  };
}
