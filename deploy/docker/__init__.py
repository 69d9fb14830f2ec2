"""What the docker engine is made of: the image, the overrides of the compose file, and what runs only in containers."""
