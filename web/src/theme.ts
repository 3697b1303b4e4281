import {
  ActionIcon,
  Alert,
  Button,
  Checkbox,
  createTheme,
  Drawer,
  Fieldset,
  Input,
  Modal,
  NavLink,
  Notification,
  PasswordInput,
  Radio,
  RadioIndicator,
  Switch,
  type CSSVariablesResolver,
} from '@mantine/core';
import { t } from './text';
import classes from './theme.module.css';
import { Steady } from './ui/Steady';

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
    ActionIcon: ActionIcon.extend({ defaultProps: { component: Steady } }),
    Button: Button.extend({ defaultProps: { component: Steady } }),
    // The light variant's title is too pale on yellow.
    Alert: Alert.extend({ styles: (_, { color }) => (color === 'yellow' ? { title: { color: 'var(--mantine-color-text)' } } : {}) }),
    Checkbox: Checkbox.extend({ classNames: { input: classes.box } }),
    Drawer: Drawer.extend({ styles: { title } }),
    // Its legend is a label as those of other fields.
    Fieldset: Fieldset.extend({
      styles: { root: { marginInline: 0 }, legend: { fontSize: 'var(--mantine-font-size-sm)', fontWeight: 'var(--mantine-font-weight-medium)' } },
    }),
    Input: Input.extend({ classNames: { wrapper: classes.field, input: classes.input } }),
    Modal: Modal.extend({
      styles: { title },
      // A dialog's header is no banner of the page.
      defaultProps: { attributes: { header: { role: 'none' } }, closeButtonProps: { 'aria-label': t.shell.close }, returnFocus: true },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': t.shell.dismiss } } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { visibilityToggleButtonProps: { 'aria-label': t.shell.showPassword } } }),
    Radio: Radio.extend({ classNames: { radio: classes.box } }),
    RadioIndicator: RadioIndicator.extend({ classNames: { indicator: classes.box } }),
    Switch: Switch.extend({ classNames: { track: classes.track } }),
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
    '--field-border': '#868e96',
  },
  dark: {
    '--mantine-color-dimmed': '#a6abb2',
    '--mantine-color-placeholder': '#9aa0a6',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-disabled': 'var(--mantine-color-dark-5)', // seen on a card too
    '--field-border': '#7b8188',
  },
});
