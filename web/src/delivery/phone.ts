// phone is the width below which tables become cards.
export const phone = '(max-width: 48em)';
