import { Button, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { isAway } from '../api';
import type { Text as Texts } from '../text';
import { wordsOf } from './Problem';
import { Sentence } from './Sentence';

interface More {
  title?: string; // instead of the error's own
  id?: string; // takes the place of the one that has it
  onRetry?: () => void;
}

// tellFailure says by a notification that something did not come about, for
// controls that may be gone by then. What the server was away for stays, and is
// offered again.
export function tellFailure(error: unknown, t: Texts, { title, id, onRetry }: More = {}) {
  const words = wordsOf(error, t);
  const again = isAway(error) ? onRetry : undefined;
  const shown = notifications.show({
    id,
    color: 'red',
    title: title ?? words.title,
    autoClose: again ? false : 10_000,
    message: (
      <>
        <Text size="sm">
          <Sentence text={`${words.detail} ${words.fix}`.trim()} />
        </Text>
        {again && (
          <Button
            mt={6}
            size="compact-sm"
            variant="default"
            onClick={() => {
              notifications.hide(shown);
              again();
            }}
          >
            {t.problem.retry}
          </Button>
        )}
      </>
    ),
  });
}
