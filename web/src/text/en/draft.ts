export const draft = {
  restored: 'This is what you typed before. It is not saved yet.',
  startOver: 'Start over',
  undo: 'Undo changes',
};
