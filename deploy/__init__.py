"""What an operator touches: the `mine` command, the engines, topics, the image and the demo."""
