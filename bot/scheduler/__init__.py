"""What happens by the clock: the only place that imports apscheduler."""
