"""Which of several candidates is the best."""
