import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { useText } from '../../text';
import type { Guide } from '../guide';
import { reviewed } from '../review';
import type { Attention, Card } from '../types';

interface Props {
  card: Card;
  attention: Attention;
  guide: Guide;
  testing: boolean;
  onTest: () => void;
}

// AttentionButton is the one thing to do about something that is broken.
export function AttentionButton({ card, attention, guide, testing, onTest }: Props) {
  const t = useText().integrations.attention;
  const label = t.actions[attention.action];
  const common = { size: 'compact-sm' as const, 'aria-label': t.actionOf(label, card.name) };
  switch (attention.action) {
    case 'reconnect':
      return (
        <Button
          {...common}
          onClick={() => {
            reviewed(card, 'reconnected');
            guide.open(card.slug, 'signin');
          }}
        >
          {label}
        </Button>
      );
    case 'setup':
      return (
        <Button {...common} onClick={() => guide.open(card.slug, 'setup')}>
          {label}
        </Button>
      );
    case 'test':
      return (
        <Button
          {...common}
          loading={testing}
          onClick={() => {
            reviewed(card, 'tested');
            onTest();
          }}
        >
          {label}
        </Button>
      );
    default:
      return (
        <Button {...common} variant="default" component={Link} to={`/settings/integrations/${card.slug}#guidance`} onClick={() => reviewed(card, 'opened_guidance')}>
          {label}
        </Button>
      );
  }
}
