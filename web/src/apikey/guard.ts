// A new key is not to be lost by a slip: until it was copied, or is said to be
// stored, closing asks first.
export interface Guard {
  copied: boolean;
  stored: boolean;
  asking: boolean;
  closed: boolean;
}

export type GuardEvent = 'copied' | 'stored' | 'not stored' | 'close' | 'stay' | 'leave' | 'forget';

export const shown: Guard = { copied: false, stored: false, asking: false, closed: false };

export function isSafe(g: Guard): boolean {
  return g.copied || g.stored;
}

export function guard(g: Guard, event: GuardEvent): Guard {
  switch (event) {
    case 'copied':
      return { ...g, copied: true, asking: false };
    case 'stored':
      return { ...g, stored: true, asking: false };
    case 'not stored':
      return { ...g, stored: false };
    case 'close':
      return isSafe(g) ? { ...g, closed: true } : { ...g, asking: true };
    case 'stay':
      return { ...g, asking: false };
    case 'leave':
      return { ...g, asking: false, closed: true };
    case 'forget':
      return shown;
  }
}
