import type { Text } from '../text';
import { isAction } from './action';
import { factsOf, type Entry } from './facts';

// sentenceOf says in words what an entry tells. An action of a newer server has
// no sentence yet and stands for itself.
export function sentenceOf(entry: Pick<Entry, 'action' | 'target' | 'detail' | 'result' | 'reason'>, t: Text): string {
  const facts = factsOf(entry);
  if (!isAction(entry.action)) return t.audit.unknownAction(entry.action, facts.target);
  const words = t.audit.actions[entry.action];
  switch (entry.result) {
    case 'denied':
      return words.denied?.(facts) ?? t.audit.refused(words.attempt(facts));
    case 'failed':
      return words.failed?.(facts) ?? t.audit.tried(words.attempt(facts));
    default:
      return words.done(facts);
  }
}

// labelOf names an action or an area in a list of choices.
export function labelOf(action: string, t: Text): string {
  if (isAction(action)) return t.audit.actions[action].label;
  return t.audit.areas[action] ?? action;
}

// actorOf names who acted: by the address, else by the role.
export function actorOf(actor: Entry['actor'], t: Text): string {
  return actor.email || t.audit.actors[actor.role] || actor.id || t.audit.nobody;
}

// roleOf is the role in words; '' where the actor's name says it already.
export function roleOf(actor: Entry['actor'], t: Text): string {
  return actor.email || actor.role === 'system_admin' || actor.role === 'utility_admin' ? (t.audit.roles[actor.role] ?? actor.role) : '';
}
