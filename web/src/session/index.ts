export { useSession, type Session } from './context';
export { endSession, isEnded } from './queries';
export { SessionProvider } from './SessionProvider';
