import { createSpotlight, Spotlight, useSpotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { useLayoutEffect } from 'react';
import { useNavigate } from 'react-router';
import { guideLink } from '../integrations/guide';
import { useIntegrations } from '../integrations/queries';
import { useSession } from '../session';
import { useText } from '../text';
import { Icon } from '../ui';
import { places } from './places';

// palette opens and closes the one that the frame has.
export const [store, palette] = createSpotlight();

// Palette is the way to every page and to frequent actions by the keyboard.
export function Palette() {
  const t = useText();
  const navigate = useNavigate();
  const { can, signOut } = useSession();
  useEscape();
  const go = (to: string) => () => void navigate(to);
  const { pages, connects } = useIntegrationActions(go);
  const actions: SpotlightActionGroupData[] = [
    {
      group: t.shell.palette.goTo,
      actions: [
        ...places
          .filter((place) => !place.permission || can(place.permission))
          .map((place) => ({ id: place.to, label: t.shell.pages[place.name], leftSection: <Icon name={place.icon} />, onClick: go(place.to) })),
        { id: 'event-types', label: t.shell.pages.eventTypes, leftSection: <Icon name="list" />, onClick: go('/settings/event-types') },
        ...pages,
        { id: 'docs', label: t.shell.palette.apiDocs, leftSection: <Icon name="external" />, onClick: () => window.location.assign('/docs') },
      ],
    },
    {
      group: t.shell.palette.doIt,
      actions: [
        { id: 'configure', label: t.shell.palette.configureWebhooks, leftSection: <Icon name="sliders" />, onClick: go('/settings/integrations?webhooks=open') },
        { id: 'add', label: t.shell.palette.addWebhook, leftSection: <Icon name="plus" />, onClick: go('/settings/integrations?webhooks=add') },
        ...connects,
        { id: 'sign-out', label: t.shell.signOut, leftSection: <Icon name="user" />, onClick: () => void signOut() },
      ],
    },
  ];
  return (
    <Spotlight
      store={store}
      actions={actions}
      nothingFound={t.shell.palette.nothing}
      shortcut={['mod + K']}
      tagsToIgnore={[]} // it opens from within a field too
      triggerOnContentEditable
      attributes={{ content: { 'aria-label': t.shell.palette.open } }}
      searchProps={{ placeholder: t.shell.palette.placeholder, 'aria-label': t.shell.palette.open, leftSection: <Icon name="search" /> }}
      scrollable
      scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'group', 'aria-label': t.shell.palette.goTo } }} // it can be scrolled by keys
      maxHeight={420}
    />
  );
}

// useIntegrationActions leads to each integration, and to the guide of those that
// can be connected. They are found by their name, and not shown before one types:
// the other entries would drown in them.
function useIntegrationActions(go: (to: string) => () => void): { pages: SpotlightActionData[]; connects: SpotlightActionData[] } {
  const t = useText();
  const { opened, query } = useSpotlight(store);
  const list = useIntegrations({ enabled: opened }).data;
  if (query.trim() === '') return { pages: [], connects: [] };
  const available = list?.available.integrations ?? [];
  const all = [...(list?.connected.integrations ?? []), ...available];
  return {
    pages: all.map(({ slug, name }) => ({ id: `integration-${slug}`, label: name, leftSection: <Icon name="plug" />, onClick: go(`/settings/integrations/${slug}`) })),
    connects: available.map(({ slug, name }) => ({ id: `connect-${slug}`, label: t.integrations.connectOf(name), leftSection: <Icon name="plug" />, onClick: go(guideLink(slug)) })),
  };
}

// useEscape has Esc close the palette alone, not a dialog below it too. It listens
// before any dialog does: those begin to in a later effect.
function useEscape() {
  useLayoutEffect(() => {
    const close = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.isComposing || !store.getState().opened) return;
      event.stopImmediatePropagation();
      palette.close();
    };
    window.addEventListener('keydown', close, { capture: true });
    return () => window.removeEventListener('keydown', close, { capture: true });
  }, []);
}
