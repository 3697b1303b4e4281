export { useSession, type Session } from './context';
export { doubtSession, isEnded } from './queries';
export { SessionProvider } from './SessionProvider';
