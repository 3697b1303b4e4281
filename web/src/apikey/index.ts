export { ApiKeySection } from './ApiKeySection';
export { RegenerateDialog } from './RegenerateDialog';
export { Usage } from './Usage';
