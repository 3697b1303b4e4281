import { lazy, Suspense } from 'react';
import { onceMore } from '../ui';
import type { Guide } from './guide';

const ConnectGuide = lazy(onceMore(() => import('./connect/ConnectGuide')));

// GuideHost shows the guide by which an integration is connected, while the
// address asks for it.
export function GuideHost({ guide }: { guide: Guide }) {
  if (guide.slug === null) return null;
  return (
    <Suspense fallback={null}>
      <ConnectGuide key={guide.slug} slug={guide.slug} guide={guide} />
    </Suspense>
  );
}
