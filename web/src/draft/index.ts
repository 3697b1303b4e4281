export { isCredential } from './credential';
export { Restored } from './Restored';
export { dropDraft, forgetDrafts, loadDraft, saveDraft } from './store';
export { useDraft } from './useDraft';
