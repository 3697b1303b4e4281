export { useLive, type Live } from './context';
export { LiveProvider } from './LiveProvider';
