"""The rooms: what the network does, one package per service. A service never imports another."""
