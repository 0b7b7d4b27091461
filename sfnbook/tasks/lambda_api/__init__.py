"""Lambda's Invoke API: functions served elsewhere that answer tasks here, and ours offered to others."""
