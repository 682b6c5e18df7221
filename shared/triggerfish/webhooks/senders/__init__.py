"""One file for each kind of sender; ``triggerfish.webhooks.registry`` lists them."""
