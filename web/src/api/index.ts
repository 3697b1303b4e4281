export { api, data, onSessionEnd, type Schemas } from './client';
export { ApiProblem, isAway, Offline, type FieldProblem } from './problem';
