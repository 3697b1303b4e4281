// npm install standardwebhooks
import { Webhook } from 'standardwebhooks';

/**
 * Gives the event if the signature holds, and throws if it does not: answer that with 401.
 *
 * The signature covers the bytes as they came, so the body must not be parsed before. In Express:
 *
 *   app.post('/webhooks', express.raw({ type: 'application/json' }), (request, response) => {
 *     try {
 *       const event = verify(process.env.PATCHBOARD_WEBHOOK_SECRET, request.headers, request.body);
 *       queue.add(request.headers['webhook-id'], event); // the same id may come twice
 *       response.sendStatus(204);
 *     } catch {
 *       response.sendStatus(401);
 *     }
 *   });
 */
export function verify(secret, headers, body) {
  return new Webhook(secret).verify(body, headers);
}
