import { Demo } from '../e2e/demo.ts';
import { fill } from './fill.ts';
import { signIn } from './sessions.ts';

// One demo for all screens, filled.
export default async function globalSetup() {
  const demo = await Demo.start();
  process.env.DEMO_URL = demo.facts.url;
  process.env.DEMO_FACTS = JSON.stringify(demo.facts);
  try {
    const sessions = await signIn(demo.facts);
    process.env.DEMO_SESSIONS = JSON.stringify(sessions);
    process.env.DEMO_FILLED = JSON.stringify(await fill(demo.facts, sessions));
  } catch (error) {
    await demo.stop();
    throw error;
  }
  return () => demo.stop();
}
