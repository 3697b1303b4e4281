// Generated from internal/tracking by "make generate". Edit the catalog there, not this file.

// TrackedEvents is what a browser reports, with the properties of each. What
// the server sees happen (webhook_added, webhook_toggled and so on) it records
// itself, and does not take from here.
export interface TrackedEvents {
  // How frequently do admins need to access API keys?
  api_key_viewed: {
    key_masked_length: number; // characters
  };
  // Which copy methods are most effective?
  api_key_copied: {
    copy_method: 'manual'; // how it was copied
  };
  // How often do admins review webhook configurations?
  webhook_modal_opened: {
    existing_webhook_count: number; // webhooks
  };
  // How often do utility admins check integration status?
  integration_dashboard_viewed: {
    connected_count: number; // integrations
    available_count: number; // integrations
  };
  // Which integrations generate the most interest?
  integration_card_clicked: {
    integration_name: string; // as its card says
    integration_status: 'Connected' | 'Paused' | 'Error' | 'Reconnect needed' | 'Available' | 'Connecting'; // status word of the card
  };
  // Which integration categories are most relevant to business users?
  category_filtered: {
    category_name: 'All' | 'Email' | 'Communication' | 'Marketing' | 'Social' | 'CRM' | 'Custom'; // the filter's choice
    results_count: number; // cards
  };
  // Which webhook events are most valuable for business processes?
  webhook_event_selected: {
    event_type: string; // type of the event
    webhook_context: 'add' | 'edit'; // where it was selected
  };
  // How do users respond to integration status changes?
  integration_status_reviewed: {
    status_type: 'healthy' | 'degraded' | 'error' | 'reauthorize' | 'Connected' | 'Paused' | 'Error' | 'Reconnect needed' | 'Available' | 'Connecting'; // health or status word
    action_taken: 'none' | 'tested' | 'reconnected' | 'paused' | 'disconnected' | 'opened_guidance'; // what came next
  };
}

export type TrackedEvent = keyof TrackedEvents;
