import { Button, Tooltip } from '@mantine/core';
import { endsTooEarly } from '../delivery/range';
import { useText } from '../text';
import { Icon } from '../ui';
import { exportOf, type AuditFilters, type Format } from './filter';

const formats: Format[] = ['csv', 'jsonl'];

// ExportButtons are links that download what the filters choose. A range that
// moves with the clock is fixed in the click.
export function ExportButtons({ filters }: { filters: AuditFilters }) {
  const t = useText();
  if (endsTooEarly(filters.range)) return null;
  return formats.map((format) => (
    <Tooltip key={format} label={t.audit.export.explain} multiline w={260} events={{ hover: true, focus: true, touch: false }}>
      <Button
        component="a"
        variant="default"
        leftSection={<Icon name="download" />}
        href={exportOf(filters, format, new Date())}
        download
        onClick={(event) => {
          event.currentTarget.href = exportOf(filters, format, new Date());
        }}
      >
        {t.audit.export[format]}
      </Button>
    </Tooltip>
  ));
}
