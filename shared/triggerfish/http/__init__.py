"""What both functions answer HTTP with: messages, one router, error bodies."""
