import { Alert, createTheme, Drawer, Fieldset, Modal, NavLink, Notification, PasswordInput, type CSSVariablesResolver } from '@mantine/core';
import { t } from './text';

// title of a dialog or a drawer, above the headings in it
const title = { fontSize: 'var(--mantine-font-size-lg)', fontWeight: 650, lineHeight: 1.3 };

export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  respectReducedMotion: true,
  cursorType: 'pointer',
  defaultRadius: 'sm',
  headings: { fontWeight: '650' },
  components: {
    // The light variant's title is too pale on yellow.
    Alert: Alert.extend({ styles: (_, { color }) => (color === 'yellow' ? { title: { color: 'var(--mantine-color-text)' } } : {}) }),
    Drawer: Drawer.extend({ styles: { title } }),
    Fieldset: Fieldset.extend({ styles: { legend: { fontSize: 'var(--mantine-font-size-sm)', fontWeight: 500 } } }),
    Modal: Modal.extend({
      styles: { title },
      // A dialog's header is no banner of the page.
      defaultProps: { attributes: { header: { role: 'none' } }, closeButtonProps: { 'aria-label': t.shell.close }, returnFocus: true },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': t.shell.dismiss } } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { visibilityToggleButtonProps: { 'aria-label': t.shell.showPassword } } }),
    NavLink: NavLink.extend({ defaultProps: { variant: 'filled' } }), // the light variant, hovered, is too pale
  },
});

// Quiet and warning texts that keep 4.5:1 on both backgrounds (WCAG 2.2, 1.4.3).
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5c636a',
    '--mantine-color-placeholder': '#6b7280',
    '--mantine-color-error': '#c92a2a',
  },
  dark: {
    '--mantine-color-dimmed': '#a6abb2',
    '--mantine-color-placeholder': '#9aa0a6',
    '--mantine-color-error': '#ff8787',
  },
});
