"""Building blocks on tensors that methods and the recorder share: images, targets, channels."""
