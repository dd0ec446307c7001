"""Methods and how they are run: one executor for the training loop, a shell and a job alike."""
