"""The training engine beside three others: same data, model, batches and dropout."""
