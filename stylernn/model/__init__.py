"""The network, its recurrent cells, its loss and its files."""
