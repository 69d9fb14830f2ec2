"""How events travel: out of the documents to the topics (relay), and from the topics to the reactions (consumer)."""
