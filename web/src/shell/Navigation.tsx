import { NavLink, Stack, Text, Tooltip } from '@mantine/core';
import { Link, useLocation } from 'react-router';
import { useSession } from '../session';
import { useText } from '../text';
import { Icon } from '../ui';
import { isAt, places, type Place } from './places';

interface Props {
  onNavigate: () => void;
}

export function Navigation({ onNavigate }: Props) {
  const t = useText();
  const { pathname } = useLocation();
  const { can } = useSession();
  return (
    <Stack gap={2}>
      <Text component="h2" id="settings" size="xs" fw={600} c="dimmed" px="sm" pb={4}>
        {t.shell.settings}
      </Text>
      <ul aria-labelledby="settings" style={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {places.map((place) => (
          <li key={place.to}>
            {place.permission && !can(place.permission) ? (
              <Closed place={place} />
            ) : (
              <NavLink
                component={Link}
                to={place.to}
                label={t.shell.pages[place.name]}
                leftSection={<Icon name={place.icon} />}
                active={isAt(place, pathname)}
                aria-current={isAt(place, pathname) ? 'page' : undefined}
                onClick={onNavigate}
              />
            )}
          </li>
        ))}
      </ul>
    </Stack>
  );
}

// Closed is a place that the role may not enter, with the reason.
function Closed({ place }: { place: Place }) {
  const t = useText();
  return (
    <Tooltip label={t.shell.systemOnly} events={{ hover: true, focus: true, touch: true }} position="right" multiline w={220}>
      <NavLink
        component="button"
        type="button"
        aria-disabled
        aria-description={t.shell.systemOnly}
        c="dimmed"
        style={{ cursor: 'not-allowed' }}
        label={t.shell.pages[place.name]}
        leftSection={<Icon name={place.icon} />}
        rightSection={<Icon name="lock" size={14} />}
      />
    </Tooltip>
  );
}
