# For bursts: verified deliveries wait in Pub/Sub, which brings them back as fast as the events function accepts them.
locals {
  bursts = var.bursts ? 1 : 0
  # The service account as which Pub/Sub itself acts in this project.
  pubsub_agent = "serviceAccount:service-${data.google_project.own.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
  # A name and not a URL: the function's URL is not known before the function is created.
  audience = "${var.prefix}-events"
  returns  = "${google_cloudfunctions2_function.function["events"].service_config[0].uri}/internal/events"
  sink = var.bursts ? {
    K_SINK        = "pubsub://${google_pubsub_topic.deliveries[0].id}"
    SINK_AUDIENCE = local.audience
    SINK_IDENTITY = google_service_account.push[0].email
  } : {}
}

data "google_project" "own" {}

resource "google_pubsub_topic" "deliveries" {
  count  = local.bursts
  name   = "${var.prefix}-deliveries"
  labels = var.labels

  depends_on = [google_project_service.needed]
}

resource "google_pubsub_subscription" "deliveries" {
  count  = local.bursts
  name   = "${var.prefix}-deliveries"
  topic  = google_pubsub_topic.deliveries[0].id
  labels = var.labels
  # The time that a request to the function may take.
  ack_deadline_seconds = local.functions["events"].timeout

  push_config {
    push_endpoint = local.returns
    oidc_token {
      service_account_email = google_service_account.push[0].email
      audience              = local.audience
    }
    # The message is the body and its attributes are headers: a CloudEvent as from any other broker.
    no_wrapper {
      write_metadata = true
    }
  }

  # Twenty attempts take about an hour.
  retry_policy {
    minimum_backoff = "1s"
    maximum_backoff = "300s"
  }
  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead[0].id
    max_delivery_attempts = 20
  }
  # Never, even if no host sends anything for a long time.
  expiration_policy {
    ttl = ""
  }

  depends_on = [google_pubsub_topic_iam_member.bury, google_service_account_iam_member.prove]
}

# Deliveries that failed in all that time are kept for a week, so that people can look at them and bring them back.
resource "google_pubsub_topic" "dead" {
  count  = local.bursts
  name   = "${var.prefix}-deliveries-dead"
  labels = var.labels

  depends_on = [google_project_service.needed]
}

resource "google_pubsub_subscription" "dead" {
  count                      = local.bursts
  name                       = "${var.prefix}-deliveries-dead"
  topic                      = google_pubsub_topic.dead[0].id
  message_retention_duration = "604800s"
  ack_deadline_seconds       = local.functions["events"].timeout
  expiration_policy {
    ttl = ""
  }

  dynamic "push_config" {
    for_each = var.bring_back_dead ? [local.returns] : []
    content {
      push_endpoint = push_config.value
      oidc_token {
        service_account_email = google_service_account.push[0].email
        audience              = local.audience
      }
      no_wrapper {
        write_metadata = true
      }
    }
  }
}

# The events function may publish to this topic, and to no other.
resource "google_pubsub_topic_iam_member" "publish" {
  count  = local.bursts
  topic  = google_pubsub_topic.deliveries[0].name
  role   = "roles/pubsub.publisher"
  member = google_service_account.function["events"].member
}

# The account that brings deliveries back; the function knows it by this name. It may only call the function.
resource "google_service_account" "push" {
  count        = local.bursts
  account_id   = "${var.prefix}-push"
  display_name = "Triggerfish: brings deliveries back to the events function"
}

resource "google_cloud_run_v2_service_iam_member" "push" {
  count    = local.bursts
  location = var.region
  name     = google_cloudfunctions2_function.function["events"].service_config[0].service
  role     = "roles/run.invoker"
  member   = google_service_account.push[0].member
}

# Pub/Sub itself: it creates the tokens of that account, and moves dead letters to their own topic.
resource "google_service_account_iam_member" "prove" {
  count              = local.bursts
  service_account_id = google_service_account.push[0].name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.pubsub_agent

  # The service account of Pub/Sub exists once its first topic exists.
  depends_on = [google_pubsub_topic.deliveries]
}

resource "google_pubsub_topic_iam_member" "bury" {
  count  = local.bursts
  topic  = google_pubsub_topic.dead[0].name
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "take" {
  count        = local.bursts
  subscription = google_pubsub_subscription.deliveries[0].name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}

resource "google_monitoring_alert_policy" "dead" {
  count                 = local.bursts
  display_name          = "Triggerfish: deliveries that could not be made"
  combiner              = "OR"
  notification_channels = var.alert_channels

  conditions {
    display_name = "Dead letters"
    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.dead[0].name}\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "The log of the events function says why. When the cause is fixed, apply with `bring_back_dead = true`: nothing is created twice."
  }
}
