"""What can be seen of the work: made from documents at the moment of asking."""
