import { Stack, Text } from '@mantine/core';
import { useText } from '../text';
import { duration, segmentsOf, type Timing } from './timing';
import classes from './TimingBar.module.css';

// TimingBar shows what a request's time was spent on: as a bar, and in words
// beneath it, which are its text alternative.
export function TimingBar({ timing }: { timing: Timing }) {
  const t = useText();
  const words = t.delivery.timing;
  const segments = segmentsOf(timing);
  const total = duration(timing.totalMs);
  if (segments.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {words.none}
      </Text>
    );
  }
  const parts = segments.map((s) => `${words[s.phase]} ${duration(s.ms)}`);
  if (timing.reused) parts.unshift(words.reused);
  return (
    <Stack gap={6}>
      <div className={classes.bar} role="img" aria-label={words.text(parts, total)}>
        {segments.map((s) => (
          <div key={s.phase} className={`${classes.part} ${classes[s.phase]}`} style={{ flexGrow: s.share }} />
        ))}
      </div>
      <dl className={classes.legend}>
        {segments.map((s) => (
          <div key={s.phase} className={classes.entry}>
            <span aria-hidden className={`${classes.dot} ${classes[s.phase]}`} />
            <dt>{words[s.phase]}</dt>
            <dd>{duration(s.ms)}</dd>
          </div>
        ))}
        <div className={classes.entry}>
          <dt>{words.total}</dt>
          <dd>{total}</dd>
        </div>
      </dl>
      {timing.reused && (
        <Text size="sm" c="dimmed">
          {words.reused}
        </Text>
      )}
    </Stack>
  );
}
