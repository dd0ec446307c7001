"""Building blocks that methods, recorder and worker share: images, pictures, targets, channels."""
