import { Demo } from './demo.ts';

// One demo for all specs that do not stop it; its facts go to the workers in
// the environment.
export default async function globalSetup() {
  const demo = await Demo.start();
  process.env.DEMO_URL = demo.facts.url;
  process.env.DEMO_FACTS = JSON.stringify(demo.facts);
  return () => demo.stop();
}
