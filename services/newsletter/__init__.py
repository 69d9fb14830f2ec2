"""The newsletter: who reads, what there is to tell, and every issue to every reader exactly once."""
