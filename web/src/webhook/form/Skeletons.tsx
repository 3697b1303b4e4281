import { Skeleton, VisuallyHidden } from '@mantine/core';
import { useText } from '../../text';
import classes from './TemplateCards.module.css';

// Skeletons stand where cards will be.
export function Skeletons({ n }: { n: number }) {
  const t = useText();
  return (
    <div className={classes.cards} role="status" aria-busy>
      <VisuallyHidden>{t.shell.loading}</VisuallyHidden>
      {Array.from({ length: n }, (_, i) => (
        <Skeleton key={i} height={42} w="8rem" style={{ flexShrink: 0 }} aria-hidden />
      ))}
    </div>
  );
}
